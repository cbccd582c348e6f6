import { type ClusterSim, startClusterSim } from '@danube/cluster-sim';
import { isGone, KubeClient, loadConfig } from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeForgotten } from '../suites/k8s-client/forgotten.ts';
import { configMap, failure, namesOf, unique, workplaceOn } from '../suites/k8s-client/workplace.ts';
import { describeK8sClient } from '../suites/k8s-client.ts';

describe('the Kubernetes client on the simulator', () => {
  let sim: ClusterSim;
  let client: KubeClient;

  beforeAll(async () => {
    sim = await startClusterSim({ rbac: true });
    const kubeconfig = join(sim.dataDir, 'kubeconfig.yaml');
    await writeFile(kubeconfig, sim.kubeconfig());
    client = new KubeClient(await loadConfig({ kubeconfig }));
  });

  afterAll(async () => {
    await client.close();
    await sim.close();
  });

  const cluster = { client: () => client, image: 'local:1' };

  // In a block of its own, so that it cleans up before the client closes.
  describe('keeps its contract', () => describeK8sClient(cluster));

  describe('when the server has forgotten the past', () => {
    const place = workplaceOn(cluster);
    beforeAll(() => client.namespaces().ensure(place.namespace));

    describeForgotten(place, async () => sim.disturb.compact());

    // A real server forgets only after minutes that its pages are of one state: not to be waited for in a test.
    it('a list in pages is gone, too', async () => {
      const configMaps = client.configMaps(place.namespace);
      const run = unique('page');
      for (const part of ['a', 'b', 'c']) await configMaps.create(configMap(`${run}-${part}`, {}, { run }));
      const first = await configMaps.list({ labelSelector: `run=${run}`, limit: 2 });
      await configMaps.delete(`${run}-c`);
      sim.disturb.compact();
      const late = configMaps.list({ labelSelector: `run=${run}`, limit: 2, continue: first.continue });
      expect(isGone(await failure(late))).toBe(true);

      const seen: (string | undefined)[] = [];
      const reading = (async () => {
        for await (const object of configMaps.listAll({ labelSelector: `run=${run}`, limit: 1 })) {
          seen.push(...namesOf([object]));
          await configMaps.create(configMap(unique('change')));
          sim.disturb.compact();
        }
      })();
      expect(isGone(await failure(reading))).toBe(true);
      expect(seen).toEqual([`${run}-a`]);
    });
  });
});
