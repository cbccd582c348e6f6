import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { reason } from '@danube/contract';
import { finished, hello, helloEvents, output, started, stepFinished, stepStarted } from '../../test/samples.ts';
import { openDatabase, STORE_FILE } from './database.ts';
import { JobStore } from './job-store.ts';

const memory = (): JobStore =>
  new JobStore(openDatabase(':memory:'), { now: () => Date.parse('2026-11-23T12:00:00Z') });

const typesOf = (store: JobStore, id: string): string[] =>
  store.logAfter(id, 0).entries.map(({ type, event }) => {
    const { state } = JSON.parse(event) as { state?: string };
    return type === 'job.state' ? `job.state ${state}` : type;
  });

const withDir = async (work: (dir: string) => void | Promise<void>): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'danube-store-'));
  try {
    await work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

describe('JobStore', () => {
  it('tells a job as people see it, from its submission to its end', () => {
    const store = memory();
    const { job } = store.submit({ id: 'a', pipeline: hello });
    expect(job).toEqual({
      id: 'a',
      pipelineId: 'hello',
      state: 'queued',
      attempt: 1,
      cancelRequested: false,
      logComplete: true,
      createdAt: '2026-11-23T12:00:00.000Z',
      steps: [
        { name: 'greet', state: 'pending' },
        { name: 'leave', state: 'pending' },
      ],
    });
    expect(store.take(1)).toEqual(['a']);
    expect(store.ingest('a', helloEvents)).toEqual({ ackSeq: 7 });
    expect(store.get('a')).toMatchObject({
      state: 'succeeded',
      podName: 'job-a',
      logComplete: true,
      steps: [
        { name: 'greet', state: 'succeeded', exitCode: 0, durationMs: 5 },
        { name: 'leave', state: 'succeeded' },
      ],
    });
    expect(typesOf(store, 'a')).toEqual([
      'job.state queued',
      'job.state starting',
      'job.started',
      'job.state running',
      'step.started',
      'output',
      'step.finished',
      'step.started',
      'step.finished',
      'job.finished',
      'job.state succeeded',
    ]);
    expect(store.logAfter('a', 0).ended).toBe(true);
  });

  it('stores each numbered event once, however often and in whatever pieces it comes', () => {
    const store = memory();
    store.submit({ id: 'a', pipeline: hello });
    store.take(1);
    for (let last = 1; last <= helloEvents.length; last += 1) {
      for (let first = 0; first < last; first += 1) store.ingest('a', helloEvents.slice(first, last).reverse());
    }
    const outputs = store.logAfter('a', 0).entries.filter(({ type }) => type === 'output');
    expect(outputs).toHaveLength(1);
    expect(store.get('a').state).toBe('succeeded');
  });

  it('refuses what follows a gap, and says up to where it has everything', () => {
    const store = memory();
    store.submit({ id: 'a', pipeline: hello });
    expect(store.ingest('a', [started(1), output(3, 'lost?')])).toEqual({ ackSeq: 1 });
    expect(store.ingest('a', [output(3, 'lost?')])).toEqual({ ackSeq: 1 });
    expect(store.ingest('a', [stepStarted(2, 0), output(3, 'kept')])).toEqual({ ackSeq: 3 });
  });

  it('takes no news after the end, but acknowledges again what it has', () => {
    const store = memory();
    store.submit({ id: 'a', pipeline: hello });
    store.ingest('a', [started(1), finished(2)]);
    expect(store.ingest('a', [started(1), finished(2)])).toEqual({ ackSeq: 2 });
    expect(() => store.ingest('a', [output(3, 'late')])).toThrow(expect.objectContaining({ code: 'job_ended' }));
    store.finish('a', { state: 'error', reason: reason('NodeLost', 'late'), logComplete: false });
    expect(store.get('a')).toMatchObject({ state: 'succeeded', logComplete: true });
  });

  it('ends steps with their job when the coordinator could not', () => {
    const store = memory();
    store.submit({ id: 'a', pipeline: hello });
    store.ingest('a', [started(1), stepStarted(2, 0)]);
    const lost = reason('NodeLost', 'gone');
    store.finish('a', { state: 'error', reason: lost, logComplete: false, logNote: 'The log may be incomplete.' });
    expect(store.get('a')).toMatchObject({
      state: 'error',
      reason: lost,
      logComplete: false,
      steps: [{ state: 'failed', reason: lost }, { state: 'skipped' }],
    });
    expect(typesOf(store, 'a').slice(-2)).toEqual(['pod.progress', 'job.state error']);
  });

  it('takes a cancel that nobody asked for as news, and not as the end: the pod will say why', () => {
    const store = memory();
    store.submit({ id: 'a', pipeline: hello });
    store.submit({ id: 'b', pipeline: hello });
    store.take(2);
    store.ingest('a', [started(1), finished(2, 'cancelled')]);
    expect(store.get('a').state).toBe('running');
    expect(store.supervised('a')?.toldToEnd).toEqual({ logComplete: true });
    store.requestCancel('b');
    store.ingest('b', [started(1), finished(2, 'cancelled')]);
    expect(store.get('b').state).toBe('cancelled');
  });

  it('ends a queued job at once when it is cancelled, and asks the coordinator of a running one', () => {
    const store = memory();
    store.submit({ id: 'running', pipeline: hello });
    store.take(1);
    store.submit({ id: 'queued', pipeline: hello });
    expect(store.requestCancel('queued')).toMatchObject({ state: 'cancelled', reason: { code: 'Cancelled' } });
    expect(store.requestCancel('running')).toMatchObject({ state: 'starting', cancelRequested: true });
    expect(store.requestCancel('running')).toEqual(store.requestCancel('running'));
  });

  it('queues a job anew when the infrastructure failed it before a step began, and counts events from 1 again', () => {
    const store = new JobStore(openDatabase(':memory:'), { retry: { perJob: 1, perHour: 10, startedJobs: false } });
    store.submit({ id: 'a', pipeline: hello });
    store.take(1);
    store.recordPod('a', 'uid-1');
    store.ingest('a', [started(1)]);
    const lost = reason('NodeLost', 'gone');
    const end = {
      seq: 2,
      at: started(1).at,
      type: 'job.finished',
      state: 'error',
      reason: lost,
      logComplete: true,
    } as const;
    expect(store.ingest('a', [started(1), end])).toEqual({ ackSeq: 2 });
    expect(store.get('a')).toMatchObject({
      state: 'queued',
      attempt: 2,
      steps: [{ state: 'pending' }, { state: 'pending' }],
    });
    expect(store.logAfter('a', 0).ended).toBe(false);
    expect(store.take(1)).toEqual(['a']);
    expect(store.get('a').podName).toBe('job-a-r2');
    expect(store.ingest('a', helloEvents)).toEqual({ ackSeq: 7 });
    expect(store.get('a')).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect(typesOf(store, 'a').filter((type) => type.startsWith('job.state'))).toEqual(
      ['queued', 'starting', 'running', 'queued', 'starting', 'running', 'succeeded'].map(
        (state) => `job.state ${state}`,
      ),
    );
  });

  it('takes the oldest jobs, no more than may run at once', () => {
    const store = memory();
    for (const id of ['a', 'b', 'c']) store.submit({ id, pipeline: hello });
    expect(store.take(2)).toEqual(['a', 'b']);
    expect(store.take(2)).toEqual([]);
    store.ingest('a', [started(1), finished(2)]);
    expect(store.take(2)).toEqual(['c']);
    expect(store.active()).toEqual(['b', 'c']);
  });

  it('knows a submission again by its key, and refuses the key for another pipeline', () => {
    const store = memory();
    expect(store.submit({ id: 'a', pipeline: hello, idempotencyKey: 'k' })).toMatchObject({ isNew: true });
    expect(store.submit({ id: 'b', pipeline: hello, idempotencyKey: 'k' })).toMatchObject({
      isNew: false,
      job: { id: 'a' },
    });
    expect(() => store.submit({ id: 'c', pipeline: { ...hello, id: 'other' }, idempotencyKey: 'k' })).toThrow(
      expect.objectContaining({ code: 'idempotency_conflict' }),
    );
  });

  it('repeats no progress, and tells its supervisor only of transitions', () => {
    const store = memory();
    const transitions: string[] = [];
    store.submit({ id: 'a', pipeline: hello });
    store.transitions.onAny((id) => transitions.push(id));
    store.progress('a', 'pulling x');
    store.progress('a', 'pulling x');
    store.ingest('a', [started(1)]);
    store.ingest('a', [stepStarted(2, 0), output(3, 'x'), stepFinished(4, 0)]);
    expect(typesOf(store, 'a').filter((type) => type === 'pod.progress')).toHaveLength(1);
    expect(transitions).toEqual(['a']);
  });

  it('changes nothing when a part of a change fails', () => {
    const store = memory();
    store.submit({ id: 'a', pipeline: hello });
    store.ingest('a', [started(1)]);
    const before = store.logAfter('a', 0);
    expect(() => store.ingest('a', [finished(2), output(3, 'after the end')])).toThrow();
    expect(store.logAfter('a', 0)).toEqual(before);
    expect(store.get('a').state).toBe('running');
  });

  it('has everything again after it was closed and opened', () =>
    withDir((dir) => {
      const first = new JobStore(openDatabase(dir));
      first.submit({ id: 'a', pipeline: hello });
      first.take(1);
      first.recordPod('a', 'uid-1');
      first.ingest('a', helloEvents.slice(0, 3));
      const before = { job: first.get('a'), log: first.logAfter('a', 0), pipeline: first.pipeline('a') };
      first.close();
      const second = new JobStore(openDatabase(dir));
      expect({ job: second.get('a'), log: second.logAfter('a', 0), pipeline: second.pipeline('a') }).toEqual(before);
      expect(second.supervised('a')).toMatchObject({ podUid: 'uid-1', ackedSeq: 3, state: 'running' });
      second.close();
    }));

  it('reads a long log page by page without gap', () => {
    const store = memory();
    store.submit({ id: 'a', pipeline: hello });
    const many = Array.from({ length: 3000 }, (_, index) => output(index + 2, `${index} ${'x'.repeat(300)}\n`));
    store.ingest('a', [started(1), ...many]);
    const seen: number[] = [];
    for (let position = 0; ;) {
      const { entries } = store.logAfter('a', position);
      if (entries.length === 0) break;
      expect(entries.length).toBeLessThan(1001);
      seen.push(...entries.map((entry) => entry.position));
      position = seen.at(-1)!;
    }
    expect(seen).toEqual(Array.from({ length: 3003 }, (_, index) => index + 1));
  });
});

describe('openDatabase', () => {
  it('refuses a directory that cannot be one, and says what to do', () =>
    withDir((dir) => {
      writeFileSync(join(dir, 'file'), '');
      expect(() => openDatabase(join(dir, 'file'))).toThrow(
        expect.objectContaining({ code: 'DATA_DIR_UNUSABLE', message: expect.stringContaining('DANUBE_DATA_DIR') }),
      );
    }));

  it('refuses a store that another api-server has open', () =>
    withDir((dir) => {
      const first = openDatabase(dir);
      expect(() => openDatabase(dir)).toThrow(expect.objectContaining({ code: 'STORE_IN_USE' }));
      first.close();
      openDatabase(dir).close();
    }));

  it('refuses a store of a newer version, and leaves it as it is', () =>
    withDir((dir) => {
      openDatabase(dir).close();
      const raw = new DatabaseSync(join(dir, STORE_FILE));
      raw.exec('PRAGMA user_version = 999');
      raw.close();
      expect(() => openDatabase(dir)).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }));
    }));

  it('refuses a file that is no store', () =>
    withDir((dir) => {
      writeFileSync(join(dir, STORE_FILE), 'this is not a database, whatever its name says'.repeat(30));
      expect(() => openDatabase(dir)).toThrow(expect.objectContaining({ code: 'STORE_UNREADABLE' }));
    }));
});
