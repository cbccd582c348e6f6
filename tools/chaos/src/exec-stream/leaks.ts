import { ExecStream } from '@danube/exec-stream';
import { getEventListeners } from 'node:events';
import { readdir } from 'node:fs/promises';
import { comesTrue } from '../jobs/comes-true.ts';
import { type ChaosCluster, CONTROL } from './clusters.ts';
import { inParallel, type Scenario } from './scenario.ts';

const AT_ONCE = 16;
const WARM_UP = 64;
const SETTLE_MS = 30_000;

/** Sessions that end in every way: descriptors, listeners and timers are back to what they were. */
export const leaks: Scenario = {
  name: 'leaks',
  tries: { full: { sim: 10_000, real: 10_000 }, quick: { sim: 320, real: 320 } },
  async run({ cluster, tries }) {
    const stream = new ExecStream(cluster.client);
    const { signal } = new AbortController();
    const work = (index: number): Promise<void> => session(cluster, { stream, signal, index });
    await inParallel({ count: WARM_UP, atOnce: AT_ONCE }, (index) => work(-1 - index));
    await comesTrue(2_000, () => false);
    const before = await look(signal);
    await inParallel({ count: tries, atOnce: AT_ONCE }, work);
    let after = await look(signal);
    const back = await comesTrue(SETTLE_MS, async () => {
      after = await look(signal);
      return Object.entries(before).every(([name, count]) => (after[name] ?? 0) <= count);
    });
    const text = (counts: Readonly<Record<string, number>>): string =>
      Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ');
    return [
      {
        name: 'sessions that leave nothing',
        tries,
        violations: back ? [] : [`before: ${text(before)}; after: ${text(after)}`],
        note: text(after),
      },
    ];
  },
};

async function session(
  { target }: ChaosCluster,
  { stream, signal, index }: { readonly stream: ExecStream; readonly signal: AbortSignal; readonly index: number },
): Promise<void> {
  const way = Math.abs(index) % 10;
  if (way === 9) {
    const run = stream.run(target, { id: `leak-${index}`, dir: CONTROL, run: 'echo out' }, { signal });
    for await (const { data } of run) if (data.length === 0) return;
    await run.exit;
    return;
  }
  const stop = new AbortController();
  const argv = way === 8 ? ['sleep', '20'] : ['sh', '-c', `echo out; exit ${way}`];
  const where = way === 7 ? { ...target, pod: 'nobody' } : target;
  const one = stream.exec(where, argv, { signal: way === 8 ? stop.signal : signal, timeoutMs: 60_000, graceMs: 0 });
  one.stdout.resume();
  one.stderr.resume();
  if (way === 8) setTimeout(() => stop.abort(), 50);
  await one.result.catch(() => undefined);
}

async function look(signal: AbortSignal): Promise<Readonly<Record<string, number>>> {
  const resources = process.getActiveResourcesInfo();
  const count = (name: string): number => resources.filter((each) => each === name).length;
  return {
    descriptors: (await readdir('/proc/self/fd')).length,
    sockets: count('TCPSocketWrap') + count('TLSWrap'),
    processes: count('ProcessWrap'),
    listeners:
      getEventListeners(signal, 'abort').length +
      process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}
