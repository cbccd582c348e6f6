import { type ApiServer, startApiServer } from '@danube/api-server';
import { type ClusterSim, startClusterSim } from '@danube/cluster-sim';
import { isFinal, type Job, type LogEntry, outputBytes, type Pipeline } from '@danube/contract';
import { COORDINATOR_IMAGE, JOBS_NAMESPACE } from '@danube/contract/names';
import { coordinatorCommand } from '@danube/coordinator';
import { KubeClient } from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// The real api-server and the real coordinator, each job in a pod of the simulator.

let sim: ClusterSim;
let client: KubeClient;
let api: ApiServer;

const start = (port = 0): Promise<ApiServer> =>
  startApiServer({ host: '127.0.0.1', port, dataDir: join(sim.dataDir, 'api-server'), client, cancelGraceMs: 10_000 });

beforeAll(async () => {
  sim = await startClusterSim({ images: { [COORDINATOR_IMAGE]: { command: coordinatorCommand() } } });
  client = new KubeClient({ server: sim.url, caPem: sim.caPem, token: sim.token, source: 'test' });
  await client.namespaces().ensure(JOBS_NAMESPACE);
  await client.serviceAccounts(JOBS_NAMESPACE).create({ metadata: { name: 'danube-coordinator' } });
  api = await start();
});

afterAll(async () => {
  await api.close();
  await client.close();
  await sim.close();
});

const get = async <T>(path: string): Promise<T> => (await fetch(`${api.url}${path}`)).json() as Promise<T>;
const jobOf = (id: string): Promise<Job> => get<Job>(`/v1/jobs/${id}`);

const submit = async (steps: Pipeline['steps'], more: Partial<Pipeline> = {}): Promise<string> => {
  const pipeline: Pipeline = { id: 'sim', workerImage: 'local:1', steps, ...more };
  const response = await fetch(`${api.url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pipeline }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as Job).id;
};

const waitFor = async (id: string, until: (job: Job) => boolean, timeoutMs = 15_000): Promise<Job> => {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const job = await jobOf(id);
    if (until(job)) return job;
    if (Date.now() > deadlineMs) {
      const log = await (await fetch(`${api.url}/v1/jobs/${id}/logs`)).text();
      throw new TypeError(`waited in vain for ${until.toString()}: ${JSON.stringify(job)} ${log.slice(0, 4000)}`);
    }
    await sleep(20);
  }
};
const waitForEnd = (id: string, timeoutMs?: number): Promise<Job> =>
  waitFor(id, (job) => isFinal(job.state), timeoutMs);
const isRunning = (job: Job): boolean => job.steps[0]?.state === 'running';

const outputOf = async (id: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<string> => {
  const { entries } = await get<{ entries: LogEntry[] }>(`/v1/jobs/${id}/logs`);
  return Buffer.concat(
    entries.flatMap(({ event }) => (event.type === 'output' && event.stream === stream ? [outputBytes(event)] : [])),
  ).toString();
};

const noPodIsLeft = async (): Promise<void> => {
  const deadlineMs = Date.now() + 15_000;
  for (;;) {
    const { items } = await client.pods(JOBS_NAMESPACE).list();
    if (items.length === 0) return;
    if (Date.now() > deadlineMs) expect(items.map(({ metadata }) => metadata?.name)).toEqual([]);
    await sleep(50);
  }
};

describe('a job on the simulator', () => {
  it('succeeds with the exact bytes of both streams, and leaves no pod', async () => {
    const id = await submit([
      { name: 'write', run: 'echo out; echo err >&2; printf "no newline"; echo kept > file' },
      { name: 'read', run: 'cat file' },
    ]);
    const job = await waitForEnd(id);
    expect(job).toMatchObject({ state: 'succeeded', logComplete: true, steps: [{ exitCode: 0 }, { exitCode: 0 }] });
    expect(await outputOf(id)).toBe('out\nno newlinekept\n');
    expect(await outputOf(id, 'stderr')).toBe('err\n');
    await noPodIsLeft();
  });

  it('sends a follower every entry once, and ends with the final state', async () => {
    const id = await submit([{ name: 'count', run: 'for i in 1 2 3 4 5; do echo $i; sleep 0.05; done' }]);
    const text = await (await fetch(`${api.url}/v1/jobs/${id}/logs?follow=1`)).text();
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, position]) => Number(position));
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    expect(text.trimEnd().split('\n\n').at(-1)).toMatch(/^id: \d+\nevent: job.state\ndata: .*"state":"succeeded"/);
  });

  it('fails with the code of the step that failed', async () => {
    const id = await submit([
      { name: 'fail', run: 'echo before; exit 7' },
      { name: 'never', run: 'echo never' },
    ]);
    expect(await waitForEnd(id)).toMatchObject({
      state: 'failed',
      reason: { code: 'StepFailed' },
      steps: [{ state: 'failed', exitCode: 7 }, { state: 'skipped' }],
    });
    expect(await outputOf(id)).toBe('before\n');
  });

  it('is cancelled by its coordinator, with its log complete', async () => {
    const id = await submit([{ name: 'wait', run: 'echo started; sleep 600' }]);
    await waitFor(id, isRunning);
    const cancel = await fetch(`${api.url}/v1/jobs/${id}/cancel`, { method: 'POST' });
    expect(await cancel.json()).toMatchObject({ cancelRequested: true });
    expect(await waitForEnd(id)).toMatchObject({
      state: 'cancelled',
      reason: { code: 'Cancelled' },
      logComplete: true,
      steps: [{ state: 'cancelled' }],
    });
    expect(await outputOf(id)).toBe('started\n');
    await noPodIsLeft();
  });

  it('ends at the time-out of a step', async () => {
    const id = await submit([{ name: 'hang', run: 'echo waiting; sleep 600', timeout: '500ms' }]);
    expect(await waitForEnd(id)).toMatchObject({ state: 'failed', reason: { code: 'StepTimeout' } });
    expect(await outputOf(id)).toBe('waiting\n');
  });

  it('ends as ImagePullFailed in under a minute when there is no such image', async () => {
    const startMs = Date.now();
    const id = await submit([{ name: 'never', run: 'true' }], { workerImage: 'registry.invalid/nothing:1' });
    const job = await waitForEnd(id, 60_000);
    expect(job).toMatchObject({ state: 'error', reason: { code: 'ImagePullFailed' }, steps: [{ state: 'skipped' }] });
    expect(Date.now() - startMs).toBeLessThan(60_000);
    await noPodIsLeft();
  }, 70_000);

  it('does not mix two that run at once', async () => {
    const loop = (word: string) => `i=0; while [ $i -lt 10 ]; do echo ${word}-$i; i=$((i+1)); sleep 0.05; done`;
    const ids = await Promise.all(['left', 'right'].map((word) => submit([{ name: 'loop', run: loop(word) }])));
    await Promise.all(ids.map((id) => waitForEnd(id)));
    for (const [index, word] of ['left', 'right'].entries()) {
      const want = Array.from({ length: 10 }, (_, line) => `${word}-${line}\n`).join('');
      expect(await outputOf(ids[index]!)).toBe(want);
    }
  });

  it('goes on while the api-server is away, and is complete when it is back', async () => {
    const { port } = new URL(api.url);
    const id = await submit([{ name: 'loop', run: 'for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.1; done' }]);
    await waitFor(id, isRunning);
    await api.close();
    await sleep(1500);
    api = await start(Number(port));
    expect(await waitForEnd(id)).toMatchObject({ state: 'succeeded', logComplete: true });
    expect(await outputOf(id)).toBe('1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n');
    await noPodIsLeft();
  });

  it('ends as PodDeleted when somebody deletes its pod', async () => {
    const id = await submit([{ name: 'wait', run: 'sleep 600' }]);
    await waitFor(id, isRunning);
    await client.pods(JOBS_NAMESPACE).delete(`job-${id}`, { gracePeriodSeconds: 0 });
    expect(await waitForEnd(id)).toMatchObject({ state: 'error', reason: { code: 'PodDeleted', class: 'infra' } });
    await noPodIsLeft();
  });
});
