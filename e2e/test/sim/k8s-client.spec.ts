import { type ClusterSim, startClusterSim } from '@danube/cluster-sim';
import { KubeClient, loadConfig } from '@danube/k8s-client';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeK8sClient } from '../suites/k8s-client.ts';

describe('the Kubernetes client on the simulator', () => {
  let sim: ClusterSim;
  let client: KubeClient;

  beforeAll(async () => {
    sim = await startClusterSim({ rbac: true });
    // A real API server has forgotten its first versions; so must this one.
    sim.disturb.compact();
    const kubeconfig = join(sim.dataDir, 'kubeconfig.yaml');
    await writeFile(kubeconfig, sim.kubeconfig());
    client = new KubeClient(await loadConfig({ kubeconfig }));
  });

  afterAll(async () => {
    await client.close();
    await sim.close();
  });

  // In a block of its own, so that it cleans up before the client closes.
  describe('keeps its contract', () =>
    describeK8sClient({
      client: () => client,
      image: 'local:1',
    }));
});
