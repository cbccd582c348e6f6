import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildBusyboxImage, buildCorednsImage, buildPauseImage } from '@danube/tools-images';

/** What the images are made of. Without the C source the pause container is busybox, asleep. */
export type NodeImagesInput = { readonly coredns: string; readonly pauseSource?: string };

/** Makes the images without which a cluster is of no use, as OCI layout tars in the cache. */
export const nodeImages = async ({ coredns, pauseSource }: NodeImagesInput, cacheDir: string): Promise<string[]> => {
  const directory = join(cacheDir, 'images');
  const layersDir = join(directory, `layers.${process.pid}`);
  await mkdir(directory, { recursive: true });
  const target = (name: string) => ({ file: join(directory, `${name}.tar`), layersDir });
  try {
    const made = await Promise.all([
      buildPauseImage(pauseSource, target('pause')),
      buildBusyboxImage(target('busybox')),
      buildCorednsImage(coredns, target('coredns')),
    ]);
    return made.map(({ file }) => file);
  } finally {
    await rm(layersDir, { recursive: true, force: true });
  }
};
