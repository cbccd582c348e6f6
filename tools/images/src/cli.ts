import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { appImages, buildAppImage, bundleApp, type App } from './app-images.ts';
import { ImageError } from './errors.ts';
import { help } from './help.ts';
import { buildBusyboxImage, buildNodeImage, testImages, type ImageTarget } from './images.ts';
import type { ImageFile } from './oci.ts';

const builders: Readonly<Record<string, (target: ImageTarget) => Promise<ImageFile>>> = {
  coordinator: (target) => buildAppImage('coordinator', target),
  'api-server': (target) => buildAppImage('api-server', target),
  node: buildNodeImage,
  busybox: buildBusyboxImage,
};

/** Full names of what `build` can build. */
const names: Readonly<Record<string, string>> = { ...appImages, node: testImages.node, busybox: testImages.busybox };

const defaultOut = join(import.meta.dirname, '../../../tmp/images');

/** Does what a command line says; gives the lines for stdout. */
export const runCli = async (argv: readonly string[]): Promise<readonly string[]> => {
  const { values, positionals } = parse(argv);
  const [command, ...args] = positionals;
  if (values.help === true) return [help.trimEnd()];
  if (command === 'list') return Object.entries(names).map(([image, name]) => `${image} ${name}`);
  if (command === 'bundle') return bundleCommand(args);
  if (command === 'build')
    return buildImages(args.length === 0 ? Object.keys(builders) : args, resolve(values.out ?? defaultOut));
  throw new ImageError('BadOption', command === undefined ? 'no command given' : `unknown command "${command}"`);
};

/** Builds images by their short names into a directory, as `<name>.tar`. Gives the files in the same order. */
export const buildImages = async (images: readonly string[], out: string): Promise<string[]> => {
  const chosen = images.map((image) => {
    const build = builders[image];
    if (build !== undefined) return { image, build };
    throw new ImageError('BadOption', `unknown image "${image}" (known: ${Object.keys(builders).join(', ')})`);
  });
  const layersDir = join(out, `layers.${process.pid}`);
  await mkdir(out, { recursive: true });
  try {
    const files: string[] = [];
    for (const { image, build } of chosen)
      files.push((await build({ file: join(out, `${image}.tar`), layersDir })).file);
    return files;
  } finally {
    await rm(layersDir, { recursive: true, force: true });
  }
};

const bundleCommand = async ([app, file]: readonly string[]): Promise<string[]> => {
  if (app === undefined || !isApp(app)) throw new ImageError('BadOption', `unknown app "${app ?? ''}"`);
  if (file === undefined) throw new ImageError('BadOption', 'bundle needs the name of the file to write');
  await bundleApp(app, resolve(file));
  return [resolve(file)];
};

const isApp = (word: string): word is App => Object.hasOwn(appImages, word);

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new ImageError('BadOption', error instanceof Error ? error.message : String(error), { cause: error });
  }
};
