import { KubeClient, type Pod } from '@danube/k8s-client';
import { expect, it } from '@jest/globals';
import { silentLogger } from '../log/logger.ts';
import { kubePods } from './kube-pods.ts';

const HOUR_MS = 3_600_000;

it.each([
  ['User "u" cannot create resource "pods" in API group "" in the namespace "jobs"', true],
  ['violates PodSecurity "restricted:latest"', false],
])('takes a refusal for what it is: %s', async (says, isPassing) => {
  await using client = new KubeClient({ server: 'http://127.0.0.1:9', source: 'test' });
  const pods = kubePods({ client, namespace: 'jobs', podOptions: {}, logger: silentLogger });
  const refusal = Object.assign(new Error(`pods "job-a" is forbidden: ${says}`), { code: 'Forbidden' });
  expect(pods.explain(refusal)).toMatchObject({ isPassing });
});

// A clock that was set, or that never was right: what chaos -- jobs does as "clock jump".
it.each([-2 * HOUR_MS, 2 * HOUR_MS])(
  'gives a pod its time to start by the clock of the cluster, which is %d ms off ours',
  async (offMs) => {
    await using client = new KubeClient({ server: 'http://127.0.0.1:9', source: 'test' });
    const pods = kubePods({ client, namespace: 'jobs', podOptions: {}, logger: silentLogger });
    const pod: Pod = {
      metadata: { name: 'job-a', uid: '1', creationTimestamp: new Date(Date.now() + offMs).toISOString() },
      status: { phase: 'Pending' },
    };
    const diagnosis = await pods.diagnose(pod, { askEvents: false, isGone: false, isCancelRequested: false });
    expect(diagnosis.state).toBe('starting');
    const { recheckAtMs = 0 } = diagnosis as { readonly recheckAtMs?: number };
    expect(recheckAtMs).toBeGreaterThan(Date.now());
    expect(recheckAtMs).toBeLessThan(Date.now() + HOUR_MS);
  },
);
