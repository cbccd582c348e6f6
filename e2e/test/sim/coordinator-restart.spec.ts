import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ClusterSim, startClusterSim } from '@danube/cluster-sim';
import { type EventBatch, type JobEvent, outputBytes, type Pipeline } from '@danube/contract';
import { coordinatorCommand } from '@danube/coordinator';
import { KubeClient, loadConfig, type Pod } from '@danube/k8s-client';
import { buildJobPod } from '@danube/pod-builder';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const NAMESPACE = 'danube-jobs';

/** Does what a kubelet does with a sidecar: starts it again when it was killed. Its process id is in the control volume. */
const RESTARTED = [
  'sh',
  '-c',
  'while :; do "$@" & echo $! >"$DANUBE_CONTROL/coordinator.pid"; wait $!; code=$?; [ $code = 137 ] || exit $code; done',
  'sh',
];

/** An api-server that keeps events by number, notices when a number comes with another content, and breaks every third answer. */
class EventStore implements AsyncDisposable {
  readonly events: JobEvent[] = [];
  readonly contradictions: JobEvent[] = [];
  #batches = 0;
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  output(step: number, stream: 'stdout' | 'stderr'): string {
    const pieces = this.events.flatMap((event) =>
      event.type === 'output' && event.step === step && event.stream === stream ? [outputBytes(event)] : [],
    );
    return Buffer.concat(pieces).toString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.includes('/control') === true) return;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { events } = JSON.parse(Buffer.concat(chunks).toString()) as EventBatch;
    for (const event of events) this.#keep(event);
    if (++this.#batches % 3 === 0) request.socket.destroy();
    else response.writeHead(200).end(JSON.stringify({ ackSeq: this.events.length }));
  }

  #keep(event: JobEvent): void {
    const known = this.events[event.seq - 1];
    if (event.seq === this.events.length + 1) this.events.push(event);
    else if (JSON.stringify(known) !== JSON.stringify(event)) this.contradictions.push(event);
  }
}

const talk =
  'echo x >>"ran-$DANUBE_STEP"; for i in $(seq 1 25); do echo "$DANUBE_STEP $i"; echo "e$i" >&2; sleep 0.02; done';
const pipeline: Pipeline = {
  id: 'p',
  workerImage: 'worker',
  steps: [
    { name: 'one', run: talk },
    { name: 'two', run: `${talk}; exit 3`, continueOnError: true },
    { name: 'three', run: 'cat ran-one ran-two | wc -l' },
  ],
};
const lines = (prefix: string) => Array.from({ length: 25 }, (_, index) => `${prefix}${index + 1}\n`).join('');

const until = async <T>(look: () => T | undefined): Promise<T> => {
  const deadline = Date.now() + 30_000;
  for (let found = look(); ; found = look()) {
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new TypeError('it did not come to this within 30 s');
    await sleep(5);
  }
};

describe('a coordinator that is killed and started again', () => {
  let sim: ClusterSim;
  let client: KubeClient;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'danube-restart-'));
    sim = await startClusterSim({
      images: { 'danube-coordinator:latest': { command: [...RESTARTED, ...coordinatorCommand()] } },
    });
    await writeFile(join(dir, 'kubeconfig'), sim.kubeconfig());
    client = new KubeClient(await loadConfig({ kubeconfig: join(dir, 'kubeconfig') }));
    await client.namespaces().ensure(NAMESPACE);
    await client
      .serviceAccounts(NAMESPACE)
      .create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'danube-coordinator' } });
  });

  afterAll(async () => {
    await client.close();
    await sim.close();
    await rm(dir, { recursive: true });
  });

  /** The process that runs the job now, unless it was killed already. */
  const coordinatorPid = (pod: Pod, killed: ReadonlySet<number>): number | undefined => {
    const file = join(sim.dataDir, 'pods', pod.metadata?.uid ?? '', 'volumes/control/coordinator.pid');
    const pid = Number(readFileSync(file, 'utf8'));
    return pid > 0 && !killed.has(pid) ? pid : undefined;
  };

  // Counted in events that have arrived, because a kill by the clock may hit nothing on a busy machine. There are at least 13.
  it.each([
    { name: 'at the beginning', killAt: [1] },
    { name: 'within a step', killAt: [6] },
    { name: 'again and again', killAt: [1, 3, 5, 7, 9] },
  ])(
    'runs each step once and reports all of it exactly: $name',
    async ({ name, killAt }) => {
      await using store = new EventStore();
      const id = name.replaceAll(/[^a-z]+/g, '-');
      const pod = await client
        .pods(NAMESPACE)
        .create(buildJobPod({ id, attempt: 1 }, pipeline, { apiUrl: await store.listen() }));
      const killed = new Set<number>();
      for (const count of killAt) {
        const pid = await until(() => (store.events.length < count ? undefined : coordinatorPid(pod, killed)));
        process.kill(pid, 'SIGKILL');
        killed.add(pid);
      }
      const ended = (found: Pod | undefined) => ['Succeeded', 'Failed'].includes(found?.status?.phase ?? '');
      const last = await client.pods(NAMESPACE).waitFor(`job-${id}`, ended, { timeoutMs: 30_000 });
      expect(killed.size).toBe(killAt.length);
      expect(last?.status?.phase).toBe('Succeeded');
      expect(store.contradictions).toEqual([]);
      expect(store.events.at(-1)).toMatchObject({ type: 'job.finished', state: 'succeeded', logComplete: true });
      expect(store.events.filter(({ type }) => type !== 'output').map(({ type }) => type)).toEqual([
        'job.started',
        ...Array.from({ length: 3 }, () => ['step.started', 'step.finished']).flat(),
        'job.finished',
      ]);
      for (const [step, word] of ['one', 'two'].entries()) {
        expect(store.output(step, 'stdout')).toBe(lines(`${word} `));
        expect(store.output(step, 'stderr')).toBe(lines('e'));
      }
      expect(store.output(2, 'stdout').trim()).toBe('2');
    },
    60_000,
  );
});
