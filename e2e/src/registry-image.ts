import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildDistribution, type Progress, settingsOf } from '@danube/cluster';
import { buildRegistryImage } from '@danube/tools-images';

const out = join(import.meta.dirname, '../../tmp/images');

/** The registry's image as a file: distribution from its Go module (seconds, or a minute without Go's cache). */
export const registryImage = async (progress: Progress): Promise<string> => {
  const binary = await buildDistribution({ cacheDir: settingsOf({}, process.env).cacheDir, progress });
  const layersDir = join(out, `layers.registry.${process.pid}`);
  try {
    return (await buildRegistryImage(binary, { file: join(out, 'registry.tar'), layersDir })).file;
  } finally {
    await rm(layersDir, { recursive: true, force: true });
  }
};
