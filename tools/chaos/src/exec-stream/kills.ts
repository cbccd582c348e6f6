import { ExecStream, isExecError, type Journal } from '@danube/exec-stream';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../random.ts';
import { type ChaosCluster, CONTROL } from './clusters.ts';
import { endsWithUs } from '../child.ts';
import type { Row } from '../report.ts';
import { type Ground, inParallel, type Scenario, settled } from './scenario.ts';

const PATIENCE_MS = 180_000;
const AT_ONCE = 4;
const LINES = 40;
/** About 3 s: time enough to be killed in. */
const script = `echo ran >>"$0.count"; i=0; while [ $i -lt ${LINES} ]; do echo "line $i"; i=$((i+1)); sleep 0.07; done; exit 9`;
const wanted = Array.from({ length: LINES }, (_, line) => `line ${line}\n`).join('');

/** kill -9 of everything that a run depends on, in the middle of it. */
export const kills: Scenario = {
  name: 'kills',
  tries: { full: { sim: 40, real: 20 }, quick: { sim: 4, real: 4 } },
  run: async (ground) => [
    await eachRun(ground, 'kill -9: the client', clientKilled),
    await eachRun(ground, 'kill -9: the launcher', launcherKilled),
    await restarted(ground, 'apiserver'),
    await restarted(ground, 'kubelet'),
  ],
};

interface KillTry {
  readonly cluster: ChaosCluster;
  readonly id: string;
  readonly random: () => number;
}

async function eachRun(
  { cluster, tries, seed }: Ground,
  name: string,
  one: (each: KillTry) => Promise<string | undefined>,
): Promise<Row> {
  const violations: string[] = [];
  await inParallel({ count: tries, atOnce: AT_ONCE }, async (index) => {
    const each = { cluster, id: `${one.name}-${index}`, random: seededRandom(seed + index) };
    const found = await settled(one(each).catch(String), PATIENCE_MS);
    if (found !== undefined) violations.push(`try ${index}: ${found}`);
  });
  return { name, tries, violations };
}

/** A client is killed at any moment, and another one asks for the same run: it ran once, and nothing is missing. */
async function clientKilled({ cluster, id, random }: KillTry): Promise<string | undefined> {
  const spec = { id, dir: CONTROL, run: script };
  const child = startClient(cluster, spec);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  await sleep(random() * 2_500);
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
  const stream = new ExecStream(cluster.client);
  const run = stream.run(cluster.target, spec);
  const text = await textOf(run);
  return await verdict(cluster, { id, text, code: (await run.exit).code });
}

/** The launcher is killed: every reader is told that the run is lost, nobody runs it again, and nothing of it is left. */
async function launcherKilled({ cluster, id, random }: KillTry): Promise<string | undefined> {
  const { client, target } = cluster;
  const stream = new ExecStream(client);
  const spec = { id, dir: CONTROL, run: script };
  const run = stream.run(target, spec);
  const reading = textOf(run).then(
    () => 'an end',
    (error: unknown) => (isExecError(error) ? error.code : String(error)),
  );
  await run.started;
  await sleep(random() * 1_500);
  await execText(cluster, `claim=$(readlink ${CONTROL}/${id}/claim); kill -KILL "\${claim%%.*}"`);
  const told = await reading;
  if (told !== 'EXEC_LOST') return `the reader was told ${told} instead of EXEC_LOST`;
  const { state } = await stream.start(target, spec);
  if (state !== 'lost') return `a second start found it ${state} instead of lost`;
  const { survivors } = await stream.kill(target, spec, { graceMs: 0 });
  if (survivors !== 0) return `${survivors} processes were left`;
  return (await countOf(cluster, id)) === 'ran\n' ? undefined : 'it did not run exactly once';
}

/** Runs are in the middle, half of them by `run`, when a program of the cluster is killed. */
async function restarted({ cluster, tries }: Ground, part: 'apiserver' | 'kubelet'): Promise<Row> {
  const violations: string[] = [];
  let killed = 0;
  for (let done = 0; done < tries; done += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, tries - done) }, async (_, at) => {
      const id = `${part}-${done + at}`;
      const spec = { id, dir: CONTROL, run: script };
      const stream = new ExecStream(cluster.client);
      const journal =
        at % 2 === 0
          ? stream.run(cluster.target, spec, { retryForMs: PATIENCE_MS })
          : await stream
              .start(cluster.target, spec, { retryForMs: PATIENCE_MS })
              .then(() => stream.attach(cluster.target, spec, { retryForMs: PATIENCE_MS }));
      const text = await textOf(journal);
      return await verdict(cluster, { id, text, code: (await journal.exit).code });
    });
    const found = Promise.all(batch.map((one) => settled(one.catch(String), PATIENCE_MS)));
    await sleep(1_200);
    await cluster.restart(part);
    killed++;
    violations.push(...(await found).flatMap((one, at) => (one === undefined ? [] : [`run ${done + at}: ${one}`])));
  }
  const name = `kill -9: the ${part === 'apiserver' ? 'API server' : 'kubelet'}`;
  return { name, tries, violations, note: `killed ${killed} times` };
}

interface Ending {
  readonly id: string;
  readonly text: string;
  readonly code: number | null;
}

async function verdict(cluster: ChaosCluster, { id, text, code }: Ending): Promise<string | undefined> {
  if (code !== 9) return `exit code ${code ?? 'null'} instead of 9`;
  if (text !== wanted) return `${text.length} bytes instead of ${wanted.length}`;
  return (await countOf(cluster, id)) === 'ran\n' ? undefined : 'it did not run exactly once';
}

const countOf = (cluster: ChaosCluster, id: string): Promise<string> =>
  execText(cluster, `cat ${CONTROL}/${id}/script.count`);

async function execText({ client, target }: ChaosCluster, command: string): Promise<string> {
  // What was killed may be on its way back.
  const session = new ExecStream(client).exec(target, ['sh', '-c', command], { retryForMs: 30_000 });
  session.stderr.resume();
  let text = '';
  for await (const chunk of session.stdout as AsyncIterable<Buffer>) text += chunk.toString();
  await session.result;
  return text;
}

async function textOf(journal: Journal): Promise<string> {
  let text = '';
  for await (const { data } of journal) text += data.toString();
  return text;
}

/** A client in a process of its own. It says something as soon as its run has. */
function startClient({ kubeconfig, target }: ChaosCluster, spec: object): ChildProcess {
  const args = ['--disable-warning=ExperimentalWarning', '--conditions=@danube/source'];
  const program = join(import.meta.dirname, 'programs/run-client.ts');
  const input = JSON.stringify({ kubeconfig, target, spec });
  return endsWithUs(spawn(process.execPath, [...args, program, input], { stdio: ['ignore', 'pipe', 'inherit'] }));
}
