import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busyboxFiles } from './busybox-files.ts';
import { writeLayer, type Layer } from './layer.ts';
import { nodeFiles } from './node-files.ts';
import { writeImage, type ImageFile } from './oci.ts';
import { program } from './program.ts';

/** Where to write, and where layers are kept so that images can share them. */
export type ImageTarget = {
  /** The OCI layout tar to write. */
  readonly file: string;
  /** Directory of layer files, named by digest. */
  readonly layersDir: string;
};

/** Full names of the images that tests use. Not `:latest`, so that Kubernetes' default pull policy is IfNotPresent. */
export const testImages = {
  pause: 'danube.local/pause:3.10',
  busybox: 'danube.local/busybox:1',
  node: 'danube.local/node:24',
  coredns: 'danube.local/coredns:1',
  registry: 'danube.local/registry:3',
} as const;

/**
 * The container that holds a pod's namespaces: compiled from the C file that ships with Kubernetes' source, or, without
 * it, busybox asleep (which does not reap the orphans of pods that share their process namespace).
 */
export const buildPauseImage = async (source: string | undefined, target: ImageTarget): Promise<ImageFile> => {
  if (source === undefined) {
    const config = { Entrypoint: ['/bin/sleep', '2147483647'], User: '65535:65535' };
    const layers = [await writeLayer(await busyboxFiles(), target.layersDir)];
    return writeImage({ name: testImages.pause, config, layers }, target.file);
  }
  const directory = await mkdtemp(join(tmpdir(), 'danube-pause-'));
  try {
    const binary = join(directory, 'pause');
    await program(
      ['gcc', '-Os', '-Wall', '-static', '-s', '-DVERSION=3.10', '-o', binary, source],
      'gcc and libc6-dev',
    );
    const entry = { type: 'file', path: 'pause', content: { file: binary }, mode: 0o755 } as const;
    const layers = [await writeLayer([entry], target.layersDir)];
    const config = { Entrypoint: ['/pause'], User: '65535:65535' };
    return await writeImage({ name: testImages.pause, config, layers }, target.file);
  } finally {
    await rm(directory, { recursive: true });
  }
};

/** The worker of tests: a shell and the usual tools, 2 MB. */
export const buildBusyboxImage = async (target: ImageTarget): Promise<ImageFile> => {
  const layer = await writeLayer(await busyboxFiles(), target.layersDir);
  const config = { Env: ['PATH=/bin:/usr/bin'], Cmd: ['/bin/sh'] };
  return writeImage({ name: testImages.busybox, config, layers: [layer] }, target.file);
};

/** The DNS server of the cluster. */
export const buildCorednsImage = async (binary: string, target: ImageTarget): Promise<ImageFile> => {
  const layer = await writeLayer(
    [{ type: 'file', path: 'coredns', content: { file: binary }, mode: 0o755 }],
    target.layersDir,
  );
  return writeImage({ name: testImages.coredns, config: { Entrypoint: ['/coredns'] }, layers: [layer] }, target.file);
};

/** distribution as its own image has it: `registry` on PATH, and a shell. */
export const buildRegistryImage = async (binary: string, target: ImageTarget): Promise<ImageFile> => {
  const entry = { type: 'file', path: 'bin/registry', content: { file: binary }, mode: 0o755 } as const;
  const layers = [
    await writeLayer(await busyboxFiles(), target.layersDir),
    await writeLayer([entry], target.layersDir),
  ];
  const config = { Env: ['PATH=/bin:/usr/bin'], Entrypoint: ['registry'] };
  return writeImage({ name: testImages.registry, config, layers }, target.file);
};

/** The layers under every Node program: busybox first, Node upon it. Both are shared by all images that use them. */
export const nodeLayers = async (layersDir: string): Promise<Layer[]> => [
  await writeLayer(await busyboxFiles(), layersDir),
  await writeLayer(await nodeFiles(), layersDir),
];

/** Node with a shell: for workers that run JavaScript. */
export const buildNodeImage = async (target: ImageTarget): Promise<ImageFile> => {
  const config = { Env: ['PATH=/usr/local/bin:/bin:/usr/bin'], Cmd: ['node'] };
  return writeImage({ name: testImages.node, config, layers: await nodeLayers(target.layersDir) }, target.file);
};
