import type { Pipeline } from '@danube/contract';
import { buildJobPod, coordinatorRbac } from '@danube/pod-builder';
import { createJobPod } from '@danube/pod-builder/lifecycle';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { useRealCluster } from '../suites/use-real-cluster.ts';

const image = 'danube.local/busybox:1';
const pipeline: Pipeline = { id: 'p', workerImage: image, steps: [{ name: 's', run: 'true' }] };

describe('a job pod and the quota of its namespace', () => {
  const client = useRealCluster();

  describe('on a real cluster', () => {
    const namespace = `pod-quota-${randomUUID().slice(0, 8)}`;
    const quota = { metadata: { name: 'jobs', namespace }, spec: { hard: { pods: '0' } } };
    const pod = buildJobPod({ id: 'a', attempt: 1 }, pipeline, { namespace, coordinatorImage: image });

    beforeAll(async () => {
      await client().namespaces().ensure(namespace);
      await client().serviceAccounts(namespace).create(coordinatorRbac({ namespace })[0]);
      await client().resourceQuotas(namespace).create(quota);
      const isCounted = (found: { status?: { hard?: object } } | undefined) => found?.status?.hard !== undefined;
      await client().resourceQuotas(namespace).waitFor('jobs', isCounted, { timeoutMs: 20_000 });
    });
    afterAll(() => client().namespaces().delete(namespace));

    it('is refused with the sentence of the quota', async () => {
      await expect(createJobPod(client(), pod)).rejects.toMatchObject({
        code: 'QuotaExceeded',
        message: expect.stringContaining('exceeded quota: jobs, requested: pods=1, used: pods=0, limited: pods=0'),
      });
    });

    it('is created once there is room, when told to wait', async () => {
      const told: string[] = [];
      const made = createJobPod(client(), pod, { quotaTimeoutMs: 60_000, onWait: (message) => told.push(message) });
      while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await client()
        .resourceQuotas(namespace)
        .patch('jobs', { spec: { hard: { pods: '1' } } });
      expect((await made).metadata.name).toBe('job-a');
      expect(told[0]).toContain('exceeded quota');
    }, 70_000);
  });
});
