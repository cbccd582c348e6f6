import { startClusterSim, type ClusterSim } from '@danube/cluster-sim';
import { KubeClient, loadConfig } from '@danube/k8s-client';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeJobPodLifecycle } from '../suites/job-pod-lifecycle.ts';

describe('job pods on the simulator', () => {
  let sim: ClusterSim;
  let client: KubeClient;

  beforeAll(async () => {
    sim = await startClusterSim();
    const kubeconfig = join(sim.dataDir, 'kubeconfig.yaml');
    await writeFile(kubeconfig, sim.kubeconfig());
    client = new KubeClient(await loadConfig({ kubeconfig }));
  });

  afterAll(async () => {
    await client.close();
    await sim.close();
  });

  // In a block of its own, so that it cleans up before the client closes.
  describe('through their life', () =>
    describeJobPodLifecycle({
      client: () => client,
      image: 'local:1',
      // Its containers are plain processes: nothing counts their memory or their files.
      cannot: ['out-of-memory', 'workspace-full'],
    }));
});
