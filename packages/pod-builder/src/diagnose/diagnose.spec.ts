import { reason, reasons } from '@danube/contract';
import { describe, expect, it } from '@jest/globals';
import { failureCases } from '../../test/failure-cases.ts';
import { at, creating, ended, event, now, recordedPod, result, running, waiting } from '../../test/statuses.ts';
import { diagnose } from './diagnose.ts';
import { failureTable } from './failure-table.ts';

describe('diagnose', () => {
  describe.each(failureCases)('$row: $name', ({ row, pod, events = [], gone = false, finalAt, code, says }) => {
    it(`ends as ${code}`, () => {
      const diagnosis = diagnose(recordedPod(pod), { events, gone, now: now(finalAt) });
      expect(diagnosis).toMatchObject({ state: 'failed', row, reason: { code, class: reasons[code].class } });
      expect(diagnosis.message).toContain(says);
    });

    it('carries evidence and a hint', () => {
      const diagnosis = diagnose(recordedPod(pod), { events, gone, now: now(finalAt) });
      const found = diagnosis.state === 'failed' ? diagnosis.reason : undefined;
      expect(found?.evidence?.every((line) => line.length > 10)).toBe(true);
      expect(found?.hint).toMatch(/\.$/);
    });

    if (failureTable.find(({ id }) => id === row)?.grace !== undefined) {
      it('is not final before its grace is over, says so, and says when to look again', () => {
        const diagnosis = diagnose(recordedPod(pod), { events, gone, now: now(finalAt - 1) });
        expect(diagnosis.state).toMatch(/starting|running/);
        expect(diagnosis).toMatchObject({ recheckAtMs: now(finalAt).getTime() });
        if (row !== 'start-timeout') expect(diagnosis.message).toContain(says);
      });
    }
  });

  it('has a recorded case for every row', () => {
    const recorded = new Set(failureCases.map(({ row }) => row));
    expect(failureTable.map(({ id }) => id).filter((id) => !recorded.has(id))).toEqual([]);
  });

  it('has no row twice', () => {
    const ids = failureTable.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('diagnose of a coordinator that left a result', () => {
  const done = (message: string) => ended(0, 'Completed', message);

  it('takes the result as evidence, before the worker has ended', () => {
    const pod = recordedPod({ coordinator: done(result('succeeded')), worker: running, status: { phase: 'Running' } });
    expect(diagnose(pod, { now: now(31) })).toMatchObject({ state: 'finished', result: { state: 'succeeded' } });
  });

  it('believes a failed step although the pod was evicted afterwards', () => {
    const failed = result('failed', reason('StepFailed', 'step 1 exited with 7'));
    const status = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' };
    const diagnosis = diagnose(recordedPod({ coordinator: done(failed), status }), { now: now(40) });
    expect(diagnosis).toMatchObject({ state: 'finished', result: { reason: { code: 'StepFailed' } } });
  });

  it('names the eviction when that is what told the coordinator to stop', () => {
    const status = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' };
    const pod = recordedPod({ coordinator: done(result('cancelled', reason('Cancelled', 'got TERM'))), status });
    expect(diagnose(pod, { now: now(40) })).toMatchObject({ state: 'failed', reason: { code: 'PodEvicted' } });
  });

  it('names the deletion when nobody asked for a cancel, and the cancel when somebody did', () => {
    const cancelled = recordedPod({
      coordinator: done(result('cancelled')),
      metadata: { deletionTimestamp: at(30) },
      status: { phase: 'Running' },
    });
    expect(diagnose(cancelled, { now: now(31) })).toMatchObject({ state: 'failed', reason: { code: 'PodDeleted' } });
    expect(diagnose(cancelled, { now: now(31), cancelRequested: true })).toMatchObject({
      state: 'finished',
      result: { state: 'cancelled' },
    });
  });

  it('explains a lost worker by the memory it used', () => {
    const lost = result('error', reason('StreamLost', 'the worker is gone'));
    const pod = recordedPod({ coordinator: done(lost), worker: ended(137, 'OOMKilled'), status: { phase: 'Failed' } });
    expect(diagnose(pod, { now: now(61) })).toMatchObject({ state: 'failed', reason: { code: 'OutOfMemory' } });
  });
});

describe('the progress of a start', () => {
  const pulling = event('Pulling', 'Pulling image "registry.invalid/x:1"');
  const pulled = event('Pulled', 'Successfully pulled image "registry.invalid/x:1" in 1.2s', 3);
  it.each([
    { stage: 'created', pod: { scheduled: false }, message: 'waiting for a node' },
    { stage: 'scheduled', pod: {}, message: 'on node node-1' },
    { stage: 'creating', pod: { coordinator: creating, worker: creating }, message: 'creating the containers' },
    {
      stage: 'pulling',
      pod: { coordinator: running, worker: creating },
      events: [pulling],
      message: 'pulling registry.invalid/x:1',
    },
    {
      stage: 'creating',
      pod: { coordinator: running, worker: creating },
      events: [pulling, pulled],
      message: 'creating the containers',
    },
    {
      stage: 'started',
      pod: { coordinator: running, worker: running, status: { phase: 'Running' } },
      message: 'running',
    },
  ])('is $stage: $message', ({ stage, pod, events = [], message }) => {
    expect(diagnose(recordedPod(pod), { events, now: now(5) })).toMatchObject({ message, progress: { stage } });
  });

  it('says while it waits what the scheduler says', () => {
    const pod = recordedPod({
      scheduled: false,
      status: {
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/3 nodes are available: 3 Insufficient cpu.',
            lastTransitionTime: at(0),
          },
        ],
      },
    });
    const { message } = diagnose(pod, { now: now(5) });
    expect(message).toBe('no node fits: 0/3 nodes are available: 3 Insufficient cpu.');
  });

  it('has times', () => {
    const { progress } = diagnose(
      recordedPod({
        coordinator: running,
        worker: { running: { startedAt: at(4) } },
        status: {
          phase: 'Running',
          conditions: [
            { type: 'PodScheduled', status: 'True', lastTransitionTime: at(1) },
            { type: 'Ready', status: 'True', lastTransitionTime: at(5) },
          ],
        },
      }),
      { now: now(6) },
    );
    expect(progress).toEqual({
      stage: 'ready',
      node: 'node-1',
      pulling: [],
      times: { created: at(0), scheduled: at(1), started: at(4), ready: at(5) },
    });
  });

  it('leaves the events of other pods out', () => {
    const other = { ...event('Pulling', 'Pulling image "registry.invalid/x:1"'), involvedObject: { uid: 'uid-2' } };
    const pod = recordedPod({ coordinator: running, worker: creating });
    expect(diagnose(pod, { events: [other], now: now(5) }).progress.pulling).toEqual([]);
  });

  it('gives single limits another value', () => {
    const pod = recordedPod({ worker: waiting('ErrImagePull', 'not found') });
    expect(diagnose(pod, { now: now(3), limits: { imagePullMs: 3000 } }).state).toBe('failed');
    expect(diagnose(pod, { now: now(3), limits: { imagePullMs: 4000 } }).state).toBe('starting');
  });
});
