import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { nodeLayers, type ImageTarget } from './images.ts';
import { writeLayer } from './layer.ts';
import { writeImage, type ImageConfig, type ImageFile } from './oci.ts';
import type { TarEntry } from './tar.ts';

/** An app that becomes an image. */
export type App = 'coordinator' | 'api-server';

/** The user that the apps run as; not root, and not a user of the machine. */
export const APP_USER = 65_532;

/** Full image names, as a container runtime resolves `danube-coordinator:latest` and `danube-api:latest`. */
export const appImages: Readonly<Record<App, string>> = {
  coordinator: 'docker.io/library/danube-coordinator:latest',
  'api-server': 'docker.io/library/danube-api:latest',
};

const root = join(import.meta.dirname, '../../..');

/** Bundles an app of this repository to one file. */
export const bundleApp = (app: App, outfile: string): Promise<void> =>
  bundle({ entry: join(root, 'apps', app, 'src/main.ts'), outfile });

/** What the image's containers start with; the Dockerfiles say the same (a test compares). */
export const appConfig = (app: App): ImageConfig => ({
  Entrypoint: ['node', '--disable-warning=ExperimentalWarning', '/app/main.mjs'],
  Env: [
    'PATH=/usr/local/bin:/bin:/usr/bin',
    'NODE_ENV=production',
    // Loopback, its default, is of no use in a container.
    ...(app === 'api-server' ? ['DANUBE_HOST=0.0.0.0'] : []),
  ],
  User: `${APP_USER}:${APP_USER}`,
  WorkingDir: '/app',
});

/** The image of an app: busybox, Node and the bundle, in three layers of which apps share the first two. */
export const buildAppImage = async (app: App, target: ImageTarget): Promise<ImageFile> => {
  const directory = await mkdtemp(join(tmpdir(), 'danube-app-'));
  try {
    const main = join(directory, 'main.mjs');
    await bundleApp(app, main);
    const entries: TarEntry[] = [
      { type: 'directory', path: 'app' },
      { type: 'file', path: 'app/main.mjs', content: { file: main } },
      ...(app === 'api-server' ? dataDirectory : []),
    ];
    const layers = [...(await nodeLayers(target.layersDir)), await writeLayer(entries, target.layersDir)];
    return await writeImage({ name: appImages[app], config: appConfig(app), layers }, target.file);
  } finally {
    await rm(directory, { recursive: true });
  }
};

/** Where the api-server keeps its store when no volume is mounted there. */
const dataDirectory: readonly TarEntry[] = [
  { type: 'directory', path: 'var/lib' },
  { type: 'directory', path: 'var/lib/danube', uid: APP_USER, gid: APP_USER },
];
