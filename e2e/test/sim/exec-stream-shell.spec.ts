import { type ClusterSim, startClusterSim } from '@danube/cluster-sim';
import { KubeClient, loadConfig } from '@danube/k8s-client';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeShell } from '../suites/exec-stream-shell.ts';

describe('a shell on the simulator', () => {
  let sim: ClusterSim;
  let client: KubeClient;
  let kubeconfig = '';

  beforeAll(async () => {
    sim = await startClusterSim();
    kubeconfig = join(sim.dataDir, 'kubeconfig.yaml');
    await writeFile(kubeconfig, sim.kubeconfig());
    client = new KubeClient(await loadConfig({ kubeconfig }));
  });

  afterAll(async () => {
    await client.close();
    await sim.close();
  });

  describe('keeps its contract', () =>
    describeShell({ client: () => client, kubeconfig: () => kubeconfig, image: 'local:1' }));
});
