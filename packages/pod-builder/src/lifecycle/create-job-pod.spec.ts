import type { Pipeline } from '@danube/contract';
import { describe, expect, it } from '@jest/globals';
import { startPodApi } from '../../test/pod-api.ts';
import { buildJobPod } from '../pod/build-job-pod.ts';
import { createJobPod } from './create-job-pod.ts';

const pipeline: Pipeline = { id: 'p', workerImage: 'busybox:1', steps: [{ name: 's', run: 'true' }] };
const pod = buildJobPod({ id: 'a', attempt: 1 }, pipeline);
const quota = {
  status: 403,
  reason: 'Forbidden',
  message: 'pods "job-a" is forbidden: exceeded quota: jobs, requested: pods=1, used: pods=5, limited: pods=5',
};

describe('createJobPod', () => {
  it('finds its pod when the answer of the create was lost', async () => {
    await using api = await startPodApi();
    api.fail('POST', 'lose-answer');
    const made = await createJobPod(api.client, pod);
    expect(made.metadata.uid).toBe(api.pods.get('job-a')!.metadata!.uid);
    expect(api.pods.size).toBe(1);
  });

  it('sends the create again when it did not arrive', async () => {
    await using api = await startPodApi();
    api.fail('POST', 'drop');
    await createJobPod(api.client, pod);
    expect(api.calls.filter((call) => call === 'POST')).toHaveLength(2);
    expect(api.pods.size).toBe(1);
  });

  it('takes up the pod that an earlier process created', async () => {
    await using api = await startPodApi();
    const before = await createJobPod(api.client, pod);
    const after = await createJobPod(api.client, buildJobPod({ id: 'a', attempt: 1 }, pipeline));
    expect(after.metadata.uid).toBe(before.metadata.uid);
  });

  it('does not take up a pod with another job spec', async () => {
    await using api = await startPodApi();
    await createJobPod(api.client, buildJobPod({ id: 'a', attempt: 1 }, { ...pipeline, id: 'other' }));
    await expect(createJobPod(api.client, pod)).rejects.toMatchObject({ code: 'PodNameTaken', retryable: false });
  });

  it('does not create anew what was there a moment ago, because its commands may have run', async () => {
    await using api = await startPodApi();
    api.fail('POST', { status: 409, reason: 'AlreadyExists', message: 'pods "job-a" already exists' });
    await expect(createJobPod(api.client, pod)).rejects.toMatchObject({ code: 'PodVanished', retryable: false });
    expect(api.pods.size).toBe(0);
  });

  it('waits for room in the quota and says so', async () => {
    await using api = await startPodApi();
    api.fail('POST', quota, quota);
    const told: string[] = [];
    await createJobPod(api.client, pod, { quotaTimeoutMs: 10_000, onWait: (message) => told.push(message) });
    expect(told).toHaveLength(2);
    expect(told[0]).toContain('exceeded quota: jobs');
  });

  it('gives up at once on a full quota unless told to wait', async () => {
    await using api = await startPodApi();
    api.fail('POST', quota);
    await expect(createJobPod(api.client, pod)).rejects.toMatchObject({ code: 'QuotaExceeded', retryable: true });
  });

  it('passes on a refusal that no repetition will change', async () => {
    await using api = await startPodApi();
    api.fail('POST', { status: 422, reason: 'Invalid', message: 'spec.containers[0].image: Required value' });
    await expect(createJobPod(api.client, pod)).rejects.toMatchObject({ code: 'Invalid' });
    expect(api.calls).toEqual(['POST']);
  });

  it('ends its wait when it is aborted', async () => {
    await using api = await startPodApi();
    api.fail('POST', quota);
    const stop = new AbortController();
    const made = createJobPod(api.client, pod, {
      quotaTimeoutMs: 60_000,
      signal: stop.signal,
      onWait: () => stop.abort(),
    });
    await expect(made).rejects.toMatchObject({ code: 'Aborted' });
  });
});
