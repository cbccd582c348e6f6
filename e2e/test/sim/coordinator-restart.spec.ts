import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ClusterSim, startClusterSim } from '@danube/cluster-sim';
import type { Pipeline } from '@danube/contract';
import { coordinatorCommand } from '@danube/coordinator';
import { KubeClient, loadConfig, type Pod } from '@danube/k8s-client';
import { buildJobPod } from '@danube/pod-builder';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStore } from '../support/event-store.ts';

const NAMESPACE = 'danube-jobs';

/** Does what a kubelet does with a sidecar: starts it again when it was killed. Its process id is in the control volume. */
const RESTARTED = [
  'sh',
  '-c',
  'while :; do "$@" & echo $! >"$DANUBE_CONTROL/coordinator.pid"; wait $!; code=$?; [ $code = 137 ] || exit $code; done',
  'sh',
];

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

/** Names in a directory that may not be there yet. */
const filesOf = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir) : []);

/** Size of a file that may be gone. */
const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

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

  it('holds a command back while nobody takes its output, keeps no more than the cap, and loses no byte, killed or not', async () => {
    const capBytes = 1_048_576;
    await using store = new EventStore();
    store.isAway = true;
    const write = `i=0; while [ $i -lt 150 ]; do head -c 65536 /dev/zero | tr '\\0' a; i=$((i+1)); echo $i >progress; done`;
    const steps = [
      { name: 'much', run: write },
      { name: 'after', run: 'echo after' },
    ];
    const built = buildJobPod({ id: 'held', attempt: 1 }, { ...pipeline, steps }, { apiUrl: await store.listen() });
    built.spec.containers[0]!.env!.push({ name: 'DANUBE_JOURNAL_BYTES', value: String(capBytes) });
    const pod = await client.pods(NAMESPACE).create(built);
    const volumes = join(sim.dataDir, 'pods', pod.metadata?.uid ?? '', 'volumes');
    const journal = join(volumes, 'control/step-0-1');
    const kept = () => filesOf(journal).filter((name) => /^out\.\d+$/.test(name));
    const keptBytes = () => kept().reduce((sum, name) => sum + sizeOf(join(journal, name)), 0);
    const progress = () => Number(readFileSync(join(volumes, 'workspace/progress'), 'utf8'));

    await until(() => (keptBytes() >= capBytes - capBytes / 4 ? true : undefined));
    await sleep(500);
    const heldAt = progress();
    // What the command has written, and what is in its pipe.
    expect(heldAt).toBeLessThanOrEqual((capBytes + 131_072) / 65_536);
    const pid = coordinatorPid(pod, new Set()) ?? 0;
    process.kill(pid, 'SIGKILL');
    await sleep(500);
    expect(progress()).toBe(heldAt);

    store.isAway = false;
    let mostBytes = 0;
    const ended = (found: Pod | undefined) => ['Succeeded', 'Failed'].includes(found?.status?.phase ?? '');
    const watching = setInterval(() => (mostBytes = Math.max(mostBytes, keptBytes())), 20);
    const last = await client.pods(NAMESPACE).waitFor('job-held', ended, { timeoutMs: 60_000 });
    clearInterval(watching);
    expect(last?.status?.phase).toBe('Succeeded');
    expect(mostBytes).toBeLessThanOrEqual(capBytes + 65_536);
    expect(store.contradictions).toEqual([]);
    expect(store.events.at(-1)).toMatchObject({ state: 'succeeded', logComplete: true });
    expect(store.output(0, 'stdout') === 'a'.repeat(150 * 65_536)).toBe(true);
    expect(kept()).toEqual([]);
  }, 90_000);
});
