import { describe, expect, it } from '@jest/globals';
import { at, ended, recordedPod, running } from '../../test/statuses.ts';
import { startPodApi } from '../../test/pod-api.ts';
import { deleteJobPod, whatBlocks } from './delete-job-pod.ts';

const ref = { namespace: 'danube-jobs', name: 'job-7f3a', uid: 'uid-1' };
const done = { coordinator: ended(0, 'Completed'), worker: ended(0, 'Completed') };

describe('deleteJobPod', () => {
  it('says what blocks a pod that does not go away', async () => {
    await using api = await startPodApi();
    const metadata = { deletionTimestamp: at(15), finalizers: ['example.com/keep'] };
    api.pods.set(ref.name, recordedPod({ ...done, metadata }));
    await expect(deleteJobPod(api.client, ref, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'PodNotGone',
      message: expect.stringContaining('finalizers example.com/keep have to be removed'),
    });
  });

  it('takes a pod that is gone for deleted', async () => {
    await using api = await startPodApi();
    await deleteJobPod(api.client, ref);
    expect(api.calls[0]).toBe('DELETE job-7f3a');
  });
});

describe('whatBlocks', () => {
  it.each([
    {
      name: 'a container that still runs',
      pod: { coordinator: ended(0, 'Completed'), worker: running, metadata: { deletionTimestamp: at(15) } },
      says: 'worker still ran after its grace period',
    },
    {
      name: 'a node that does not confirm',
      pod: { ...done, metadata: { deletionTimestamp: at(15) } },
      says: 'node node-1 has not confirmed',
    },
    { name: 'a deletion that was not accepted', pod: done, says: 'has not marked it' },
  ])('names $name', ({ pod, says }) => {
    expect(whatBlocks(recordedPod(pod))).toContain(says);
  });
});
