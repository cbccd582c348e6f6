import { type ClusterSim, type ClusterSimOptions, startClusterSim } from '@danube/cluster-sim';
import { KubeClient, loadConfig } from '@danube/k8s-client';
import { afterAll, beforeAll } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A simulator with these images, for the tests of the surrounding block. What uses it goes into an inner block, to end before it. */
export const useSim = (images: ClusterSimOptions['images'] = {}): (() => KubeClient) => {
  let sim: ClusterSim;
  let client: KubeClient;
  beforeAll(async () => {
    sim = await startClusterSim({ images });
    const kubeconfig = join(sim.dataDir, 'kubeconfig.yaml');
    await writeFile(kubeconfig, sim.kubeconfig());
    client = new KubeClient(await loadConfig({ kubeconfig }));
  });
  afterAll(async () => {
    await client.close();
    await sim.close();
  });
  return () => client;
};
