import { ExecStream } from '@danube/exec-stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChaosCluster, CONTROL } from './clusters.ts';
import type { Row } from '../report.ts';
import { type Scenario, settled } from './scenario.ts';

const BYTES = 24 * 1024 * 1024;
const GRACE_MS = 120_000;
const script = `head -c ${BYTES} /dev/zero; exit 6`;
const stallsMs = { quick: [300, 3_000], full: [300, 61_000, 125_000] };

/** Readers that take one piece and then nothing for a while, longer than an idle limit of anything on the way. */
export const stalledReaders: Scenario = {
  name: 'stalled-readers',
  tries: { full: { sim: 3, real: 3 }, quick: { sim: 1, real: 1 } },
  async run({ cluster, tries, quick }) {
    return await Promise.all(
      stallsMs[quick ? 'quick' : 'full'].map(async (stallMs): Promise<Row> => {
        const readers = Array.from({ length: tries }, (_, at) => [
          settled(plain(cluster, stallMs).catch(String), stallMs + GRACE_MS),
          settled(durable(cluster, stallMs, at).catch(String), stallMs + GRACE_MS),
        ]).flat();
        const found = await Promise.all(readers);
        const violations = found.filter((one) => one !== undefined);
        return { name: `stalled for ${stallMs / 1000} s`, tries: readers.length, violations };
      }),
    );
  },
};

async function plain({ client, target }: ChaosCluster, stallMs: number): Promise<string | undefined> {
  const session = new ExecStream(client).exec(target, ['sh', '-c', script]);
  session.stderr.resume();
  let bytes = 0;
  for await (const chunk of session.stdout as AsyncIterable<Buffer>) {
    if (bytes === 0) await sleep(stallMs);
    bytes += chunk.length;
  }
  return verdict('plain exec', bytes, (await session.result).code);
}

async function durable({ client, target }: ChaosCluster, stallMs: number, at: number): Promise<string | undefined> {
  const run = new ExecStream(client).run(target, { id: `stalled-${stallMs}-${at}`, dir: CONTROL, run: script });
  let bytes = 0;
  for await (const { data } of run) {
    if (bytes === 0) await sleep(stallMs);
    bytes += data.length;
  }
  return verdict('durable run', bytes, (await run.exit).code);
}

const verdict = (what: string, bytes: number, code: number | null): string | undefined =>
  bytes === BYTES && code === 6 ? undefined : `${what}: ${bytes} of ${BYTES} bytes, exit code ${code ?? 'null'}`;
