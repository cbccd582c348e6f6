import { describe, expect, it } from '@jest/globals';
import { baselineOf, podEnd, type PodLike } from './pod-end.ts';

const pod = (status: PodLike['status'], uid = 'u1'): PodLike => ({ metadata: { uid }, ...(status && { status }) });
const running = pod({ phase: 'Running', containerStatuses: [{ name: 'worker', restartCount: 1 }, { name: 'other' }] });
const worker = (rest: object): PodLike =>
  pod({ phase: 'Running', containerStatuses: [{ name: 'worker', restartCount: 1, ...rest }] });

describe('the end of a pod', () => {
  it.each([
    [running, undefined],
    [undefined, 'EXEC_POD_DELETED'],
    [pod(running.status, 'u2'), 'EXEC_POD_DELETED'],
    [pod({ phase: 'Failed', reason: 'Evicted', message: 'disk' }), 'EXEC_POD_EVICTED'],
    [worker({ state: { terminated: { reason: 'OOMKilled', exitCode: 137 } } }), 'EXEC_OOM_KILLED'],
    [worker({ restartCount: 2, lastState: { terminated: { reason: 'OOMKilled' } } }), 'EXEC_OOM_KILLED'],
    [
      worker({ restartCount: 2, lastState: { terminated: { reason: 'Error', exitCode: 1 } } }),
      'EXEC_CONTAINER_RESTARTED',
    ],
    [worker({ state: { terminated: { reason: 'Completed', exitCode: 0 } } }), 'EXEC_CONTAINER_ENDED'],
    [pod({ phase: 'Failed', reason: 'DeadlineExceeded' }), 'EXEC_CONTAINER_ENDED'],
    // An earlier end is not ours.
    [worker({ lastState: { terminated: { reason: 'OOMKilled' } } }), undefined],
  ])('%j', (now, code) => {
    expect(podEnd(now, 'worker', baselineOf(running, 'worker'))?.code).toBe(code);
  });
});
