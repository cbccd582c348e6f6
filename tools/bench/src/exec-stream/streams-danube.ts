import { ExecStream, type ExecSession } from '@danube/exec-stream';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { execTarget } from './exec-work.ts';

// As in first-get-danube.ts, where the import is what is measured.
const { KubeClient } = await import('@danube/k8s-client');

/** What it prints. */
export type Streams = {
  readonly idleRssBytes: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly fairness: number;
};

const LINES_PER_SECOND = 200;
const LINE_BYTES = 80;
const OPENED_AT_A_TIME = 32;
/** Told once by each stream when the way stands: a line before the silence. */
const READY = ['ticker', '1', '1', String(LINE_BYTES)];

const { BENCH_URL: server = '', BENCH_CA: caPem = '' } = process.env;
const [idle = 0, active = 0, seconds = 0] = process.argv.slice(2).map(Number);
await using client = new KubeClient({ server, caPem, token: 'bench' });
const stream = new ExecStream(client);
const stop = new AbortController();

const open = (command: readonly string[]): ExecSession => {
  const session = stream.exec(execTarget, command, { signal: stop.signal, verify: 'none' });
  session.result.catch(() => undefined); // all are ended by force
  session.stderr.resume();
  session.stderr.on('error', () => undefined);
  session.stdout.on('error', () => undefined);
  return session;
};

const openIdle = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left -= OPENED_AT_A_TIME) {
    const sessions = Array.from({ length: Math.min(left, OPENED_AT_A_TIME) }, () => open(READY));
    await Promise.all(sessions.map(async ({ stdout }) => once(stdout, 'data')));
  }
};

const rssBytes = async (): Promise<number> => {
  globalThis.gc?.();
  await sleep(500);
  globalThis.gc?.();
  return process.memoryUsage.rss();
};

await openIdle(50);
const beforeBytes = await rssBytes();
await openIdle(idle);
const idleRssBytes = ((await rssBytes()) - beforeBytes) / idle;

const counts = new Float64Array(active);
const command = ['ticker', String(LINES_PER_SECOND * seconds), String(1000 / LINES_PER_SECOND), String(LINE_BYTES)];
for (let index = 0; index < active; index += 1) {
  open(command).stdout.on('data', (bytes: Buffer) => (counts[index] = (counts[index] ?? 0) + bytes.length));
  if (index % OPENED_AT_A_TIME === 0) await sleep(20);
}
// Opening is over, and all are in the middle of their lines.
await sleep(1000);
counts.fill(0);
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
await sleep((seconds - 2) * 1000);
delays.disable();

const sum = counts.reduce((total, count) => total + count, 0);
const squares = counts.reduce((total, count) => total + count ** 2, 0);
const measured: Streams = {
  idleRssBytes,
  // The histogram counts from one tick to the next, so a tick in time is a millisecond.
  loopP99Ms: delays.percentile(99) / 1e6 - 1,
  loopMaxMs: delays.max / 1e6 - 1,
  fairness: sum ** 2 / (active * squares),
};
process.stdout.write(`${JSON.stringify(measured)}\n`);
stop.abort();
await sleep(100);
process.exit(0);
