import { ExecStream } from '@danube/exec-stream';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ChaosCluster } from './clusters.ts';
import { inParallel, type Scenario, settled } from './scenario.ts';

const AT_ONCE = 16;
const PATIENCE_MS = 120_000;
const MIB = 1024 * 1024;
const signals = ['KILL', 'TERM', 'SEGV', 'ABRT', 'USR1', 'HUP'] as const;

/** Every exit code, signals, and outputs of 1 MiB on both streams, 16 at the same time. */
export const exits: Scenario = {
  name: 'exits',
  tries: { full: { sim: 5000, real: 5000 }, quick: { sim: 320, real: 320 } },
  async run({ cluster, tries }) {
    const kinds = { 'exit codes': tally(), signals: tally(), '1 MiB outputs': tally() };
    await inParallel({ count: tries, atOnce: AT_ONCE }, async (index) => {
      const kind = index % 20 === 7 ? 'signals' : index % 10 === 3 ? '1 MiB outputs' : 'exit codes';
      const row = kinds[kind];
      row.tries++;
      const violation = await settled(exitTry(cluster, kind, index), PATIENCE_MS);
      if (violation !== undefined) row.violations.push(`exec ${index}: ${violation}`);
    });
    return Object.entries(kinds).map(([name, row]) => ({ name, ...row }));
  },
};

const tally = (): { tries: number; violations: string[] } => ({ tries: 0, violations: [] });

async function exitTry({ client, target }: ChaosCluster, kind: string, index: number): Promise<string | undefined> {
  const code = index % 256;
  const signal = signals[Math.floor(index / 20) % signals.length] ?? 'KILL';
  const text = kind === '1 MiB outputs' ? [String(index % 10), 'e'] : [`${index}\n`, ''];
  const [out = '', err = ''] = kind === '1 MiB outputs' ? text.map((letter) => letter.repeat(MIB)) : text;
  const fill = (letter: string): string => `head -c ${MIB} /dev/zero | tr '\\0' '${letter}'`;
  const script =
    kind === '1 MiB outputs'
      ? `${fill(text[0] ?? '')} & ${fill('e')} >&2; wait; exit ${code}`
      : `echo ${index}; ${kind === 'signals' ? `kill -${signal} $$` : `exit ${code}`}`;
  try {
    const session = new ExecStream(client).exec(target, ['sh', '-c', script]);
    const [stdout, stderr, result] = await Promise.all([
      digest(session.stdout),
      digest(session.stderr),
      session.result,
    ]);
    const want = kind === 'signals' ? `null SIG${signal}` : `${code} null`;
    const got = `${result.code ?? 'null'} ${result.signal ?? 'null'}`;
    if (got !== want || !result.verified) return `ended with ${got} instead of ${want}`;
    if (stdout !== digestOf(out)) return 'stdout differs';
    return stderr === digestOf(err) ? undefined : 'stderr differs';
  } catch (error) {
    return String(error);
  }
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

async function digest(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
