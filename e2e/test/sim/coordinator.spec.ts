import { describe, expect, it } from '@jest/globals';
import { type ClusterSim, startClusterSim } from '@danube/cluster-sim';
import { type JobResult, jobResultSchema, type Pipeline } from '@danube/contract';
import { coordinatorCommand } from '@danube/coordinator';
import { KubeClient, loadConfig, type Pod } from '@danube/k8s-client';
import { buildJobPod } from '@danube/pod-builder';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const NAMESPACE = 'danube-jobs';

/** A simulated cluster in which the coordinator image is the coordinator of this checkout. */
class SimBench implements AsyncDisposable {
  readonly sim: ClusterSim;
  readonly client: KubeClient;
  readonly #dir: string;

  private constructor(sim: ClusterSim, client: KubeClient, dir: string) {
    this.sim = sim;
    this.client = client;
    this.#dir = dir;
  }

  static async start(): Promise<SimBench> {
    const sim = await startClusterSim({ images: { 'danube-coordinator:latest': { command: coordinatorCommand() } } });
    const dir = await mkdtemp(join(tmpdir(), 'danube-sim-bench-'));
    await writeFile(join(dir, 'kubeconfig'), sim.kubeconfig());
    const client = new KubeClient(await loadConfig({ kubeconfig: join(dir, 'kubeconfig') }));
    await client.namespaces().ensure(NAMESPACE);
    await client
      .serviceAccounts(NAMESPACE)
      .create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'danube-coordinator' } });
    return new SimBench(sim, client, dir);
  }

  /** Runs a job without an api-server; its pod is as pod-builder makes it. */
  async submit(pipeline: Omit<Pipeline, 'id' | 'workerImage'>): Promise<void> {
    const options = { allowedSecrets: ['npm'] };
    const pod = buildJobPod({ id: 'j1', attempt: 1 }, { id: 'p', workerImage: 'worker', ...pipeline }, options);
    await this.client.pods(NAMESPACE).create(pod);
  }

  async finished(): Promise<{ phase: string; result: JobResult; codes: Record<string, number | undefined> }> {
    const ended = (pod: Pod | undefined) => ['Succeeded', 'Failed'].includes(pod?.status?.phase ?? '');
    const pod = await this.client.pods(NAMESPACE).waitFor('job-j1', ended, { timeoutMs: 15_000 });
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
    for await (const chunk of this.client.pods(NAMESPACE).logs('job-j1', { container: 'coordinator' })) {
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
  }

  async logged(text: string): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!(await this.log().catch(() => '')).includes(text)) {
      if (Date.now() > deadline) throw new TypeError(`"${text}" was not logged within 10 s`);
      await sleep(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.sim.close();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

describe('the coordinator in a pod, without an api-server', () => {
  it('runs the steps in the worker, ends it, and says so in its log, its exit code and its termination message', async () => {
    await using bench = await SimBench.start();
    await bench.submit({
      env: { A: 'pipeline' },
      steps: [
        { name: 'greet', run: 'echo "hello $A"; echo oops >&2; mkdir sub' },
        { name: 'where', run: ['sh', '-c', 'pwd | sed s,.*/workspace,/workspace,'], workingDir: '/workspace/sub' },
      ],
    });
    const { phase, result, codes } = await bench.finished();
    expect(phase).toBe('Succeeded');
    expect(result).toMatchObject({ jobId: 'j1', state: 'succeeded' });
    expect(codes).toEqual({ coordinator: 0, worker: 0 });
    const lines = (await bench.log()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['hello pipeline', 'oops', '/workspace/sub', 'danube: job succeeded']),
    );
  });

  it('fails with the exit code of a step', async () => {
    await using bench = await SimBench.start();
    await bench.submit({ steps: [{ name: 'break', run: 'exit 7' }] });
    const { phase, result, codes } = await bench.finished();
    expect(phase).toBe('Failed');
    expect(result.reason).toMatchObject({ code: 'StepFailed', message: 'step "break" ended with exit code 7' });
    expect(codes).toEqual({ coordinator: 1, worker: 0 });
  });

  it('brings a secret from its Kubernetes Secret to the step that names it, and not into the log', async () => {
    await using bench = await SimBench.start();
    const secret = 'v3ry-secret-value';
    await bench.client.secrets(NAMESPACE).create({ metadata: { name: 'npm' }, stringData: { token: secret } });
    await bench.submit({
      secrets: { TOKEN: { secret: 'npm', key: 'token' } },
      steps: [
        { name: 'with', run: 'echo "$TOKEN"; printf %s "$TOKEN" | wc -c', secrets: ['TOKEN'] },
        { name: 'without', run: 'echo "${TOKEN-unset}"' },
      ],
    });
    expect((await bench.finished()).phase).toBe('Succeeded');
    const log = await bench.log();
    expect(log.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining(['***', '17', 'unset']));
    expect(log).not.toContain(secret);
    expect(JSON.stringify(await bench.client.pods(NAMESPACE).get('job-j1'))).not.toContain(secret);
  });

  it('passes outputs on, and tries a step again', async () => {
    await using bench = await SimBench.start();
    await bench.submit({
      steps: [
        {
          name: 'build',
          run: 'echo "n=$DANUBE_STEP_ATTEMPT" >"$DANUBE_OUTPUT"; [ "$DANUBE_STEP_ATTEMPT" = 2 ]',
          retries: 1,
        },
        { name: 'use', run: 'echo "got $N"', env: { N: { step: 'build', output: 'n' } } },
      ],
    });
    expect((await bench.finished()).phase).toBe('Succeeded');
    expect(await bench.log()).toMatch(/^got 2$/m);
  });

  it('fails a step whose working directory is not there, and says which', async () => {
    await using bench = await SimBench.start();
    await bench.submit({ steps: [{ name: 'lost', run: 'true', workingDir: 'no/where' }] });
    expect((await bench.finished()).result.reason).toMatchObject({
      code: 'StepFailed',
      message: 'step "lost": there is no directory no/where in the workspace',
    });
  });

  it('ends the tree of a step at its timeout, and runs always-steps', async () => {
    await using bench = await SimBench.start();
    await bench.submit({
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
    expect((await bench.finished()).result).toMatchObject({ state: 'failed', reason: { code: 'StepTimeout' } });
    expect(await bench.log()).toMatch(/^gone$/m);
  });

  it('ends the job at its timeout, and runs always-steps', async () => {
    await using bench = await SimBench.start();
    await bench.submit({
      timeout: '1s',
      steps: [
        { name: 'slow', run: 'sleep 300' },
        { name: 'clean', run: 'echo clean', if: 'always' },
      ],
    });
    expect((await bench.finished()).result).toMatchObject({ state: 'failed', reason: { code: 'JobTimeout' } });
    expect(await bench.log()).toMatch(/^clean$/m);
  });

  it('is cancelled when its pod is deleted', async () => {
    await using bench = await SimBench.start();
    await bench.submit({ steps: [{ name: 'slow', run: 'echo up; sleep 300' }] });
    await bench.logged('up\n');
    const ended = bench.finished();
    await bench.client.pods(NAMESPACE).delete('job-j1');
    expect((await ended).result).toMatchObject({ state: 'cancelled', reason: { code: 'Cancelled' } });
  });

  it('ends in error with one line when the Kubernetes API does not take its token', async () => {
    await using bench = await SimBench.start();
    const pod = buildJobPod(
      { id: 'j1', attempt: 1 },
      { id: 'p', workerImage: 'worker', steps: [{ name: 'a', run: 'true' }] },
    );
    for (const { volumeMounts } of pod.spec.containers) {
      const access = volumeMounts?.find(({ name }) => name === 'kube-api-access');
      if (access !== undefined) access.name = 'danube-token';
    }
    await bench.client.pods(NAMESPACE).create(pod);
    await bench.logged('danube: job error');
    expect(await bench.log()).toMatch(/^danube: job error \(.+\)$/m);
  });
});
