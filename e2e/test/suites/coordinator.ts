import type { JobResult, Pipeline } from '@danube/contract';
import { jobResultSchema } from '@danube/contract';
import type { KubeClient, Pod } from '@danube/k8s-client';
import { buildJobPod, coordinatorRbac } from '@danube/pod-builder';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the suite needs of the cluster it runs on. Its coordinator image is the coordinator of this checkout. */
export type CoordinatorCluster = {
  readonly client: () => KubeClient;
  /** An image with `sh` and the tools of busybox. */
  readonly image: string;
  /** Kinds of trouble that this cluster cannot make. */
  readonly cannot?: readonly 'out-of-memory'[];
};

type Job = Omit<Pipeline, 'id' | 'workerImage'>;

/** A job that runs without an api-server; its pod is as pod-builder makes it. */
class AloneJob {
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #image: string;
  readonly id = randomUUID().slice(0, 8);
  readonly podName = `job-${this.id}`;

  constructor({ client, image }: CoordinatorCluster, namespace: string) {
    this.#client = client();
    this.#namespace = namespace;
    this.#image = image;
  }

  async submit(job: Job, change: (pod: ReturnType<typeof buildJobPod>) => void = () => undefined): Promise<void> {
    const pipeline = { id: 'p', workerImage: this.#image, ...job };
    const options = { namespace: this.#namespace, allowedSecrets: ['npm'] };
    const pod = buildJobPod({ id: this.id, attempt: 1 }, pipeline, options);
    change(pod);
    await this.#client.pods(this.#namespace).create(pod);
  }

  async finished(): Promise<{ phase: string; result: JobResult; codes: Record<string, number | undefined> }> {
    const ended = (pod: Pod | undefined) => ['Succeeded', 'Failed'].includes(pod?.status?.phase ?? '');
    const pod = await this.#client.pods(this.#namespace).waitFor(this.podName, ended, { timeoutMs: 40_000 });
    const statuses = pod?.status?.containerStatuses ?? [];
    const coordinator = statuses.find(({ name }) => name === 'coordinator');
    return {
      phase: pod?.status?.phase ?? '',
      result: jobResultSchema.parse(JSON.parse(coordinator?.state?.terminated?.message ?? 'null')),
      codes: Object.fromEntries(statuses.map(({ name, state }) => [name, state?.terminated?.exitCode])),
    };
  }

  async log(): Promise<string> {
    const chunks: Buffer[] = [];
    const logs = this.#client.pods(this.#namespace).logs(this.podName, { container: 'coordinator' });
    for await (const chunk of logs) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  async logged(text: string): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (!(await this.log().catch(() => '')).includes(text)) {
      if (Date.now() > deadline) throw new TypeError(`"${text}" was not logged within 30 s`);
      await sleep(50);
    }
  }

  async cancel(): Promise<void> {
    await this.#client.pods(this.#namespace).delete(this.podName);
  }

  /** All that the API server keeps of the job: its pod and its events, as text. */
  async kept(): Promise<string> {
    const pod = await this.#client.pods(this.#namespace).get(this.podName);
    const path = `/api/v1/namespaces/${this.#namespace}/events`;
    return JSON.stringify([pod, await this.#client.request({ method: 'GET', path })]);
  }
}

/**
 * What the coordinator does in its pod when there is no api-server, on whatever cluster it is given: the simulator and a
 * real node have to agree.
 */
export const describeCoordinatorAlone = (cluster: CoordinatorCluster): void => {
  const { client, cannot = [] } = cluster;
  const namespace = `coordinator-${randomUUID().slice(0, 8)}`;
  const newJob = () => new AloneJob(cluster, namespace);

  beforeAll(async () => {
    await client().namespaces().ensure(namespace);
    const [account, role, binding] = coordinatorRbac({ namespace });
    await client().serviceAccounts(namespace).create(account);
    await client().roles(namespace).create(role);
    await client().roleBindings(namespace).create(binding);
  });

  afterAll(async () => {
    await client().namespaces().delete(namespace);
  });

  it('runs the steps in the worker, ends it, and says so in its log, its exit code and its termination message', async () => {
    const job = newJob();
    await job.submit({
      env: { A: 'pipeline' },
      steps: [
        { name: 'greet', run: 'echo "hello $A"; echo oops >&2; mkdir sub' },
        { name: 'where', run: ['sh', '-c', 'pwd | sed s,.*/workspace,/workspace,'], workingDir: '/workspace/sub' },
      ],
    });
    const { phase, result, codes } = await job.finished();
    expect(phase).toBe('Succeeded');
    expect(result).toMatchObject({ jobId: job.id, state: 'succeeded' });
    expect(codes).toEqual({ coordinator: 0, worker: 0 });
    const lines = (await job.log()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['hello pipeline', 'oops', '/workspace/sub', 'danube: job succeeded']),
    );
  });

  it('fails with the exit code of a step', async () => {
    const job = newJob();
    await job.submit({ steps: [{ name: 'break', run: 'exit 7' }] });
    const { phase, result, codes } = await job.finished();
    expect(phase).toBe('Failed');
    expect(result.reason).toMatchObject({ code: 'StepFailed', message: 'step "break" ended with exit code 7' });
    expect(codes).toEqual({ coordinator: 1, worker: 0 });
  });

  it('brings a secret from its Kubernetes Secret to the step that names it, and not into the log', async () => {
    const job = newJob();
    const secret = 'v3ry-secret-value';
    await client()
      .secrets(namespace)
      .create({ metadata: { name: 'npm' }, stringData: { token: secret } });
    await job.submit({
      secrets: { TOKEN: { secret: 'npm', key: 'token' } },
      steps: [
        { name: 'with', run: 'echo "$TOKEN"; printf %s "$TOKEN" | wc -c', secrets: ['TOKEN'] },
        { name: 'without', run: 'echo "${TOKEN-unset}"' },
      ],
    });
    expect((await job.finished()).phase).toBe('Succeeded');
    const log = await job.log();
    expect(log.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining(['***', '17', 'unset']));
    expect(log).not.toContain(secret);
    const kept = await job.kept();
    expect(kept).toContain('danube.dev/job-spec');
    expect(kept).not.toContain(secret);
    expect(kept).not.toContain(Buffer.from(secret).toString('base64'));
  });

  it('passes outputs on, and tries a step again', async () => {
    const job = newJob();
    await job.submit({
      steps: [
        {
          name: 'build',
          run: 'echo "n=$DANUBE_STEP_ATTEMPT" >"$DANUBE_OUTPUT"; [ "$DANUBE_STEP_ATTEMPT" = 2 ]',
          retries: 1,
        },
        { name: 'use', run: 'echo "got $N"', env: { N: { step: 'build', output: 'n' } } },
      ],
    });
    expect((await job.finished()).phase).toBe('Succeeded');
    expect(await job.log()).toMatch(/^got 2$/m);
  });

  it('fails a step whose working directory is not there, and says which', async () => {
    const job = newJob();
    await job.submit({ steps: [{ name: 'lost', run: 'true', workingDir: 'no/where' }] });
    expect((await job.finished()).result.reason).toMatchObject({
      code: 'StepFailed',
      message: 'step "lost": there is no directory no/where in the workspace',
    });
  });

  it('ends the tree of a step at its timeout, and runs always-steps', async () => {
    const job = newJob();
    await job.submit({
      steps: [
        { name: 'slow', run: 'sleep 300 & echo $! >pid; sleep 300', timeout: '500ms' },
        // A dead process that nobody has waited for yet still has its id.
        {
          name: 'look',
          run: 'grep -q "State:.[^Z]" "/proc/$(cat pid)/status" && echo alive || echo gone',
          if: 'always',
        },
      ],
    });
    expect((await job.finished()).result).toMatchObject({ state: 'failed', reason: { code: 'StepTimeout' } });
    expect(await job.log()).toMatch(/^gone$/m);
  });

  it('ends the job at its timeout, and runs always-steps', async () => {
    const job = newJob();
    await job.submit({
      timeout: '1s',
      steps: [
        { name: 'slow', run: 'sleep 300' },
        { name: 'clean', run: 'echo clean', if: 'always' },
      ],
    });
    expect((await job.finished()).result).toMatchObject({ state: 'failed', reason: { code: 'JobTimeout' } });
    expect(await job.log()).toMatch(/^clean$/m);
  });

  it('is cancelled when its pod is deleted', async () => {
    const job = newJob();
    await job.submit({ steps: [{ name: 'slow', run: 'echo up; sleep 300' }] });
    await job.logged('up\n');
    const ended = job.finished();
    await job.cancel();
    expect((await ended).result).toMatchObject({ state: 'cancelled', reason: { code: 'Cancelled' } });
  });

  it('ends in error with one line when the Kubernetes API does not take its token', async () => {
    const job = newJob();
    await job.submit({ steps: [{ name: 'a', run: 'true' }] }, (pod) => {
      for (const { volumeMounts } of pod.spec.containers) {
        const access = volumeMounts?.find(({ name }) => name === 'kube-api-access');
        if (access !== undefined) access.name = 'danube-token';
      }
    });
    await job.logged('danube: job error');
    expect(await job.log()).toMatch(/^danube: job error \(.+\)$/m);
  });

  const itCountsMemory = cannot.includes('out-of-memory') ? () => undefined : it;
  itCountsMemory(
    'names the limit and the peak when a step ran out of memory, and still runs always-steps',
    async () => {
      const job = newJob();
      await job.submit({
        resources: { limits: { memory: '100Mi' } },
        steps: [
          { name: 'hungry', run: 'head -c 300000000 /dev/zero | tail -c 250000000 >/dev/null' },
          { name: 'clean', run: 'echo clean', if: 'always' },
        ],
      });
      const { reason } = (await job.finished()).result;
      expect(reason).toMatchObject({
        code: 'OutOfMemory',
        message: 'step "hungry" reached the memory limit of 100Mi and ended with exit code 137',
      });
      expect(reason?.evidence).toEqual([
        'processes killed for memory: 1',
        expect.stringMatching(/^peak memory: (9\d|100) MiB$/),
      ]);
      expect(await job.log()).toMatch(/^clean$/m);
    },
  );
};
