import { readFile } from 'node:fs/promises';
import { ClusterError } from './errors.ts';
import { chooseEngine } from './engine.ts';
import type { Env } from './settings.ts';

/** The cluster that KUBECONFIG names. It is not tried out: what it is good for is its owner's matter. */
export const existingCluster = async (env: Env): Promise<{ kubeconfig: string; description: string }> => {
  const { engine } = chooseEngine({ existing: true, env, which: () => undefined });
  if (engine.kind !== 'existing') throw new ClusterError('NoExistingCluster', 'KUBECONFIG is not set');
  await readFile(engine.kubeconfig).catch((error: unknown) => {
    throw new ClusterError('NoExistingCluster', `cannot read ${engine.kubeconfig}`, { cause: error });
  });
  return { kubeconfig: engine.kubeconfig, description: `existing cluster of ${engine.kubeconfig}` };
};
