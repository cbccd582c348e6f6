import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildBusyboxImage, buildCorednsImage, buildPauseImage } from '@danube/tools-images';
import type { Build } from './build.ts';

/** The images without which a cluster is of no use, as OCI layout tars; kept beside the build they are made of. */
export const nodeImages = async (build: Build, cacheDir: string): Promise<string[]> => {
  const directory = join(cacheDir, 'images');
  const layersDir = join(directory, `layers.${process.pid}`);
  await mkdir(directory, { recursive: true });
  const target = (name: string) => ({ file: join(directory, `${name}.tar`), layersDir });
  try {
    const made = await Promise.all([
      buildPauseImage(build.pauseSource, target('pause')),
      buildBusyboxImage(target('busybox')),
      buildCorednsImage(build.coredns, target('coredns')),
    ]);
    return made.map(({ file }) => file);
  } finally {
    await rm(layersDir, { recursive: true, force: true });
  }
};
