import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pipeline } from '@danube/contract';
import { isNotFound, KubeClient, loadConfig } from '@danube/k8s-client';
import { DanubeApi } from '../../src/danube-api.ts';

const workerImage = 'danube.local/busybox:1';

let client: KubeClient;
let danube: DanubeApi;

beforeAll(async () => {
  client = new KubeClient(await loadConfig());
  danube = new DanubeApi(client);
});

afterAll(() => client.close());

const pipeline = (id: string, steps: Pipeline['steps'], more: Partial<Pipeline> = {}): Pipeline => ({
  id,
  workerImage,
  steps,
  ...more,
});

const podIsGone = async (name: string, timeoutMs: number): Promise<boolean> => {
  const deadlineMs = Date.now() + timeoutMs;
  while (Date.now() < deadlineMs) {
    try {
      await client.pods('danube-jobs').get(name);
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
    await sleep(100);
  }
  return false;
};

describe('a job on a real node', () => {
  it('succeeds with the exact bytes of both streams, and leaves no pod', async () => {
    const { id } = await danube.submit(
      pipeline('both-streams', [
        { name: 'write', run: 'echo out-1; echo err-1 >&2; printf "no newline"; echo kept > file' },
        { name: 'read', run: ['/bin/sh', '-c', 'cat file; echo "$GREETING" >&2'], env: { GREETING: 'grüße' } },
      ]),
    );
    const job = await danube.waitForEnd(id, 60_000);

    expect(job).toMatchObject({ state: 'succeeded', logComplete: true, attempt: 1 });
    expect(job.steps).toMatchObject([
      { name: 'write', state: 'succeeded', exitCode: 0 },
      { name: 'read', state: 'succeeded', exitCode: 0 },
    ]);
    expect(await danube.output(id, 0, 'stdout')).toBe('out-1\nno newline');
    expect(await danube.output(id, 0, 'stderr')).toBe('err-1\n');
    expect(await danube.output(id, 1, 'stdout')).toBe('kept\n');
    expect(await danube.output(id, 1, 'stderr')).toBe('grüße\n');
    expect(await podIsGone(`job-${id}`, 60_000)).toBe(true);
  });

  it('keeps every byte of a large output', async () => {
    const { id } = await danube.submit(
      pipeline('large-output', [{ name: 'count', run: 'i=0; while [ $i -lt 8 ]; do seq 1 100000; i=$((i+1)); done' }]),
    );
    expect(await danube.waitForEnd(id, 120_000)).toMatchObject({ state: 'succeeded', logComplete: true });

    const once = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('');
    const output = await danube.output(id, 0, 'stdout');
    expect(output.length).toBe(once.length * 8);
    expect(output === once.repeat(8)).toBe(true);
  });

  it('fails with the exit code of the step that failed, and skips what follows', async () => {
    const { id } = await danube.submit(
      pipeline('failing', [
        { name: 'fail', run: 'echo before; exit 7' },
        { name: 'never', run: 'echo never' },
        { name: 'always', run: 'echo always', if: 'always' },
      ]),
    );
    const job = await danube.waitForEnd(id, 60_000);

    expect(job).toMatchObject({ state: 'failed', reason: { code: 'StepFailed', class: 'user' } });
    expect(job.steps).toMatchObject([
      { state: 'failed', exitCode: 7 },
      { state: 'skipped' },
      { state: 'succeeded', exitCode: 0 },
    ]);
    expect(await danube.output(id, 0, 'stdout')).toBe('before\n');
    expect(await danube.output(id, 1, 'stdout')).toBe('');
  });

  it('has the documented names and labels while it runs, and ends cancelled when told to', async () => {
    const { id } = await danube.submit(pipeline('cancelled', [{ name: 'wait', run: 'echo started; sleep 600' }]));
    await danube.waitFor(id, (job) => job.steps[0]?.state === 'running', 60_000);

    const pod = await client.pods('danube-jobs').get(`job-${id}`);
    expect(pod.metadata?.labels).toMatchObject({ app: 'danube', 'job-id': id, pipeline: 'cancelled' });
    expect(pod.spec?.restartPolicy).toBe('Never');
    expect(pod.spec?.containers.map(({ name, image }) => ({ name, image }))).toEqual([
      { name: 'coordinator', image: 'danube-coordinator:latest' },
      { name: 'worker', image: workerImage },
    ]);
    for (const container of pod.spec?.containers ?? []) {
      expect(container.volumeMounts?.map(({ mountPath }) => mountPath)).toContain('/workspace');
    }
    expect(pod.spec?.volumes?.some(({ emptyDir }) => emptyDir !== undefined)).toBe(true);

    await danube.cancel(id);
    const job = await danube.waitForEnd(id, 60_000);
    expect(job).toMatchObject({ state: 'cancelled', reason: { code: 'Cancelled' }, steps: [{ state: 'cancelled' }] });
    expect(await podIsGone(`job-${id}`, 60_000)).toBe(true);
  });

  it('ends the whole process tree at a time-out, daemons that ignore TERM as well', async () => {
    const daemon = `setsid sh -c 'trap "" TERM; sleep 4242' &`;
    const { id } = await danube.submit(
      pipeline('timeout', [
        { name: 'hang', run: `${daemon} sh -c 'sleep 4242' & echo waiting; sleep 4242`, timeout: '3s' },
        { name: 'look', run: 'ps -o args | grep "[s]leep 4242" | wc -l', if: 'always' },
      ]),
    );
    const job = await danube.waitForEnd(id, 90_000);

    expect(job).toMatchObject({ state: 'failed', reason: { code: 'StepTimeout', class: 'user' } });
    expect(job.steps[0]).toMatchObject({ state: 'failed', reason: { code: 'StepTimeout' } });
    expect(await danube.output(id, 0, 'stdout')).toBe('waiting\n');
    expect((await danube.output(id, 1, 'stdout')).trim()).toBe('0');
  });

  it('ends as ImagePullFailed in under a minute when the image does not exist', async () => {
    const startedMs = Date.now();
    const { id } = await danube.submit(
      pipeline('wrong-image', [{ name: 'never', run: 'true' }], { workerImage: 'registry.invalid/nothing:1' }),
    );
    const job = await danube.waitForEnd(id, 60_000);

    expect(job).toMatchObject({ state: 'error', reason: { code: 'ImagePullFailed', class: 'config' } });
    expect(job.reason?.message).toContain('registry.invalid/nothing:1');
    expect(Date.now() - startedMs).toBeLessThan(60_000);
    expect(await podIsGone(`job-${id}`, 60_000)).toBe(true);
  });

  it('does not mix two jobs that run at once', async () => {
    const steps = (word: string): Pipeline['steps'] => [
      { name: 'loop', run: `i=0; while [ $i -lt 20 ]; do echo ${word}-$i; i=$((i+1)); sleep 0.1; done; ls` },
    ];
    const jobs = await Promise.all(['left', 'right'].map((word) => danube.submit(pipeline(word, steps(word)))));
    const ended = await Promise.all(jobs.map(({ id }) => danube.waitForEnd(id, 90_000)));
    expect(ended.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);

    for (const [index, word] of ['left', 'right'].entries()) {
      const want = Array.from({ length: 20 }, (_, line) => `${word}-${line}\n`).join('');
      expect(await danube.output(jobs[index]!.id, 0, 'stdout')).toBe(want);
    }
    const [left, right] = ended.map(({ startedAt, finishedAt }) => ({ startedAt, finishedAt }));
    expect(left!.startedAt! < right!.finishedAt! && right!.startedAt! < left!.finishedAt!).toBe(true);
  });

  it('ends as CoordinatorLost, and not as success, when the coordinator is killed', async () => {
    const { id } = await danube.submit(pipeline('lost', [{ name: 'wait', run: 'echo started; sleep 600' }]));
    await danube.waitFor(id, (job) => job.steps[0]?.state === 'running', 60_000);
    await client.pods('danube-jobs').delete(`job-${id}`, { gracePeriodSeconds: 0 });

    const job = await danube.waitForEnd(id, 60_000);
    expect(['PodDeleted', 'CoordinatorLost']).toContain(job.reason?.code);
    expect(job.state).toBe('error');
  });
});
