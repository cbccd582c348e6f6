import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal, type JobResult } from '@danube/contract';
import { FakePods } from '../../test/fake-pods.ts';
import { finished, hello, helloEvents, output, started } from '../../test/samples.ts';
import { silentLogger } from '../log/logger.ts';
import { openDatabase } from '../store/database.ts';
import { JobStore } from '../store/job-store.ts';
import type { SupervisorTimes } from './decide.ts';
import { Supervisor } from './supervisor.ts';

const quick: SupervisorTimes = {
  cancelGraceMs: 80,
  logGraceMs: 40,
  stopGraceMs: 40,
  startCheckMs: 10,
  createForMs: 300,
  orphanAgeMs: 50,
};

let pods: FakePods;
let store: JobStore;
let supervisor: Supervisor;

const begin = (times: Partial<SupervisorTimes> = {}, concurrency = 2): void => {
  supervisor = new Supervisor({
    store,
    pods,
    logger: silentLogger,
    now: Date.now,
    concurrency,
    times: { ...quick, ...times },
  });
  supervisor.start();
};

const until = async (holds: () => boolean): Promise<void> => {
  const deadlineMs = Date.now() + 5000;
  while (!holds()) {
    if (Date.now() > deadlineMs) throw new TypeError(`waited in vain for ${holds.toString()}`);
    await sleep(2);
  }
};

const submit = (id: string): void => void store.submit({ id, pipeline: hello });
const state = (id: string): string => store.get(id).state;
const hasEnded = (id: string): boolean => isFinal(store.get(id).state);
const result = (lastSeq: number, more: Partial<JobResult> = {}): JobResult => ({
  version: 1,
  jobId: 'a',
  state: 'succeeded',
  lastSeq,
  ...more,
});

beforeEach(() => {
  pods = new FakePods();
  store = new JobStore(openDatabase(':memory:'));
});

afterEach(async () => {
  await supervisor.close();
  expect(store.transitions.size).toBe(0);
  store.close();
});

describe('Supervisor', () => {
  it('creates the pod of a queued job and deletes it when the job has ended', async () => {
    begin();
    submit('a');
    await until(() => pods.pods.has('job-a'));
    pods.run('job-a');
    store.ingest('a', helloEvents);
    expect(state('a')).toBe('succeeded');
    pods.end('job-a', result(7));
    await until(() => pods.pods.size === 0);
    expect(store.get('a')).toMatchObject({ state: 'succeeded', logComplete: true });
    expect(pods.created).toEqual(['job-a']);
  });

  it('helps a pod that does not end by itself after its job', async () => {
    begin();
    submit('a');
    await until(() => pods.pods.has('job-a'));
    pods.run('job-a');
    store.ingest('a', helloEvents);
    await until(() => pods.pods.size === 0);
    expect(pods.deleted).toEqual([{ name: 'job-a', graceSeconds: 2 }]);
  });

  it('runs no more jobs at once than it may, oldest first', async () => {
    begin({}, 2);
    for (const id of ['a', 'b', 'c']) submit(id);
    await until(() => pods.created.length === 2);
    await sleep(30);
    expect(pods.created).toEqual(['job-a', 'job-b']);
    expect(state('c')).toBe('queued');
    store.ingest('a', [started(1), finished(2)]);
    await until(() => pods.created.includes('job-c'));
  });

  it('believes the termination message when the coordinator could not report', async () => {
    begin();
    submit('a');
    await until(() => pods.pods.has('job-a'));
    store.ingest('a', helloEvents.slice(0, 6));
    pods.end('job-a', result(6));
    await until(() => hasEnded('a'));
    expect(store.get('a')).toMatchObject({ state: 'succeeded', logComplete: true });
  });

  it('marks the log incomplete when events are missing, after a moment for those on their way', async () => {
    begin({ logGraceMs: 200 });
    for (const id of ['a', 'b']) submit(id);
    await until(() => pods.pods.size === 2);
    for (const id of ['a', 'b']) {
      store.ingest(id, helloEvents.slice(0, 3));
      pods.end(`job-${id}`, result(7, { jobId: id }));
    }
    await sleep(50);
    store.ingest('b', helloEvents);
    await until(() => hasEnded('a'));
    expect(store.get('a')).toMatchObject({ state: 'succeeded', logComplete: false });
    expect(store.logAfter('a', 0).entries.at(-2)?.event).toContain('4 of 7 events were not delivered');
    expect(store.get('b')).toMatchObject({ state: 'succeeded', logComplete: true });
  });

  it('never takes the absence of evidence for success', async () => {
    begin();
    submit('a');
    await until(() => pods.pods.has('job-a'));
    pods.run('job-a');
    store.ingest('a', helloEvents.slice(0, 6));
    pods.end('job-a', undefined, 0);
    await until(() => hasEnded('a'));
    expect(store.get('a')).toMatchObject({ state: 'error', reason: { code: 'CoordinatorLost' }, logComplete: false });
  });

  it('ends a job whose pod somebody deleted', async () => {
    begin();
    submit('a');
    await until(() => pods.pods.has('job-a'));
    pods.run('job-a');
    store.ingest('a', [started(1)]);
    await until(() => state('a') === 'running');
    pods.remove('job-a');
    await until(() => hasEnded('a'));
    expect(store.get('a')).toMatchObject({ state: 'error', reason: { code: 'PodDeleted' }, logComplete: false });
    expect(pods.created).toEqual(['job-a']);
  });

  it.each([
    { name: 'evicted', conditions: ['EvictionByEvictionAPI'], code: 'PodEvicted' },
    { name: 'deleted', conditions: [], code: 'PodDeleted' },
  ])('learns from a $name pod why its coordinator was told to end, and keeps what it said of the log', async (row) => {
    begin();
    submit('a');
    await until(() => pods.pods.has('job-a'));
    pods.run('job-a');
    const last = finished(2, 'cancelled');
    store.ingest('a', [started(1), last]);
    pods.end('job-a', result(2, { state: 'cancelled' }));
    const pod = pods.pods.get('job-a')!;
    const conditions = row.conditions.map((reason) => ({ type: 'DisruptionTarget', status: 'True' as const, reason }));
    pods.set({
      ...pod,
      metadata: { ...pod.metadata, deletionTimestamp: new Date().toISOString() },
      status: { ...pod.status, conditions },
    });
    pods.remove('job-a');
    await until(() => hasEnded('a'));
    expect(store.get('a')).toMatchObject({ state: 'error', reason: { code: row.code }, logComplete: true });
  });

  it('does not take the status for the truth about a pod that is gone: it may be a second late', async () => {
    begin();
    submit('a');
    await until(() => pods.pods.has('job-a'));
    const pod = pods.pods.get('job-a')!;
    pods.set({ ...pod, spec: { ...pod.spec!, nodeName: 'node-1' } });
    store.ingest('a', helloEvents.slice(0, 3));
    pods.remove('job-a');
    await until(() => hasEnded('a'));
    expect(store.get('a')).toMatchObject({ reason: { code: 'PodDeleted' }, logComplete: false });
  });

  it('ends a job whose image cannot be named, and lets nothing stay', async () => {
    begin();
    submit('a');
    await until(() => pods.pods.has('job-a'));
    const worker = { waiting: { reason: 'InvalidImageName', message: 'invalid reference format' } };
    pods.status('job-a', [{ running: {} }, worker], 'Pending');
    await until(() => hasEnded('a'));
    expect(store.get('a')).toMatchObject({
      state: 'error',
      reason: { code: 'InvalidImage', class: 'config' },
      logComplete: true,
      steps: [{ state: 'skipped' }, { state: 'skipped' }],
    });
    await until(() => pods.pods.size === 0);
  });

  it('tells how far the pod is, each word once', async () => {
    begin();
    submit('a');
    await until(() => pods.pods.has('job-a'));
    const waiting = { waiting: { reason: 'ContainerCreating' } };
    pods.status('job-a', [waiting, waiting], 'Pending');
    await until(() => store.supervised('a')?.progress === 'creating the containers');
    await sleep(50);
    const words = store.logAfter('a', 0).entries.filter(({ type }) => type === 'pod.progress');
    expect(new Set(words.map(({ event }) => (JSON.parse(event) as { message: string }).message)).size).toBe(
      words.length,
    );
  });

  describe('a cancel', () => {
    it('gives the coordinator time, then deletes the pod', async () => {
      begin({ cancelGraceMs: 100 });
      submit('a');
      await until(() => pods.pods.has('job-a'));
      pods.run('job-a');
      store.ingest('a', [started(1)]);
      store.requestCancel('a');
      await sleep(40);
      expect(pods.deleted).toEqual([]);
      expect(state('a')).toBe('running');
      await until(() => hasEnded('a'));
      expect(pods.deleted).toEqual([{ name: 'job-a', graceSeconds: 5 }]);
      expect(store.get('a')).toMatchObject({ state: 'cancelled', reason: { code: 'Cancelled' }, logComplete: false });
    });

    it('deletes at once when no coordinator is there to hear it', async () => {
      begin({ cancelGraceMs: 60_000 });
      submit('a');
      await until(() => pods.pods.has('job-a'));
      store.requestCancel('a');
      await until(() => hasEnded('a'));
      expect(store.get('a')).toMatchObject({ state: 'cancelled', logComplete: true });
    });

    it('knows a coordinator that has reported to be there, whatever a late status says', async () => {
      begin({ cancelGraceMs: 60_000 });
      submit('a');
      await until(() => store.supervised('a')?.podUid !== undefined);
      store.ingest('a', [started(1)]);
      store.requestCancel('a');
      await sleep(50);
      expect(pods.deleted).toEqual([]);
      store.ingest('a', [finished(2, 'cancelled')]);
      expect(state('a')).toBe('cancelled');
    });

    it('does not end the job before its pod has ended', async () => {
      pods.isDeletionStuck = true;
      begin({ cancelGraceMs: 10 });
      submit('a');
      await until(() => pods.pods.has('job-a'));
      pods.run('job-a');
      store.ingest('a', [started(1)]);
      store.requestCancel('a');
      await until(() => pods.deleted.length === 1);
      await sleep(30);
      expect(state('a')).toBe('running');
      pods.remove('job-a');
      await until(() => state('a') === 'cancelled');
    });
  });

  describe('a pod that cannot be created', () => {
    it('is tried again while it can help', async () => {
      pods.createError = new TypeError('no route');
      begin({ createForMs: 60_000 });
      submit('a');
      await until(() => store.supervised('a')?.progress?.includes('no route') === true);
      pods.createError = undefined;
      await until(() => pods.pods.has('job-a'));
      expect(state('a')).toBe('starting');
    });

    it('ends the job when it cannot, or has not for too long', async () => {
      pods.createError = new TypeError('refused');
      begin();
      submit('a');
      await until(() => hasEnded('a'));
      expect(store.get('a')).toMatchObject({ state: 'error', reason: { message: 'refused' } });
      pods.createError = new TypeError('no route');
      submit('b');
      await until(() => hasEnded('b'));
      expect(store.get('b').reason?.code).toBe('ApiUnavailable');
    });
  });

  it('makes another pod for another attempt, and deletes the one before', async () => {
    store.close();
    store = new JobStore(openDatabase(':memory:'), { retry: { perJob: 1, perHour: 10, startedJobs: false } });
    begin();
    submit('a');
    await until(() => pods.pods.has('job-a'));
    const evicted = pods.pods.get('job-a')!;
    pods.set({ ...evicted, status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' } });
    await until(() => pods.pods.has('job-a-r2'));
    await until(() => !pods.pods.has('job-a'));
    pods.run('job-a-r2');
    store.ingest('a', helloEvents);
    expect(store.get('a')).toMatchObject({ state: 'succeeded', attempt: 2, podName: 'job-a-r2' });
    await until(() => pods.pods.size === 0);
  });

  describe('after a restart', () => {
    it('goes on with jobs whose pods ran, ended or vanished meanwhile', async () => {
      begin({}, 10);
      for (const id of ['runs', 'ended', 'vanished', 'cancelled']) submit(id);
      await until(() => pods.pods.size === 4);
      await until(() => store.active().every((id) => store.supervised(id)?.podUid !== undefined));
      for (const id of ['runs', 'ended', 'vanished', 'cancelled']) {
        pods.run(`job-${id}`);
        store.ingest(id, [started(1)]);
      }
      await supervisor.close();
      pods.end('job-ended', result(1, { jobId: 'ended', state: 'failed' }));
      pods.remove('job-vanished');
      store.requestCancel('cancelled');
      submit('new');

      begin({}, 10);
      await until(() => hasEnded('ended') && hasEnded('vanished') && hasEnded('cancelled') && pods.pods.has('job-new'));
      expect(['runs', 'ended', 'vanished', 'cancelled'].map(state)).toEqual([
        'running',
        'failed',
        'error',
        'cancelled',
      ]);
      expect(store.get('vanished').reason?.code).toBe('PodDeleted');
      await until(() => pods.pods.size === 2);
      expect([...pods.pods.keys()].sort()).toEqual(['job-new', 'job-runs']);
    });

    it('makes no second pod when the first was created but not noted', async () => {
      submit('a');
      store.take(1);
      await pods.create({ id: 'a', attempt: 1 }, hello);
      begin();
      await until(() => store.supervised('a')?.podUid === 'uid-1');
      expect(pods.created).toEqual(['job-a']);
    });

    it('makes no second pod for a job that has reported', async () => {
      submit('a');
      store.take(1);
      store.ingest(
        'a',
        [started(1), output(2, 'once')].map((event, index) => ({ ...event, seq: index + 1 })),
      );
      begin();
      await until(() => hasEnded('a'));
      expect(store.get('a').reason?.code).toBe('PodDeleted');
      expect(pods.created).toEqual([]);
    });

    it('collects pods of jobs it does not know, when they are old enough, and nothing else', async () => {
      await pods.create({ id: 'unknown', attempt: 1 }, hello);
      const mine = pods.pods.get('job-unknown')!;
      pods.set({ ...mine, metadata: { ...mine.metadata, name: 'other', uid: 'other' } });
      pods.set({
        ...mine,
        metadata: { ...mine.metadata, name: 'job-x', uid: 'unlabelled', labels: { app: 'danube' } },
      });
      begin({ orphanAgeMs: 1000 });
      await until(() => supervisor.isSynced);
      await sleep(20);
      expect(pods.deleted).toEqual([]);
      await until(() => !pods.pods.has('job-unknown'));
      await sleep(20);
      expect([...pods.pods.keys()]).toEqual(['other', 'job-x']);
    });
  });
});
