import type { ExecTarget } from '@danube/exec-stream';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ChaosCluster } from './clusters.ts';
import { endsWithUs } from '../child.ts';
import type { Row } from '../report.ts';
import type { Scenario } from './scenario.ts';

/** What the program that reads slowly is told. */
export interface SlowRequest {
  readonly kubeconfig: string;
  readonly target: ExecTarget;
  readonly command: string;
  readonly via: 'exec-stream' | 'kubectl';
  readonly pauseMs: number;
  readonly pauseEveryBytes: number;
}

/** What it says. */
export interface SlowReading {
  readonly bytes: number;
  readonly sha256: string;
  /** Exit code, or what went wrong. */
  readonly end: string;
  readonly idleBytes: number;
  readonly mostBytes: number;
}

const MIB = 1024 * 1024;
const ALLOWED_BYTES = 16 * MIB;
const LINE = `${'0123456789abcdef'.repeat(4)}\n`;
const PAUSE = { pauseMs: 25, pauseEveryBytes: 4 * MIB };

/** A stream of so many MiB to a reader that rests every 4 MiB: all of it comes, and memory stays flat. */
export const slowReader: Scenario = {
  name: 'slow-reader',
  tries: { full: { sim: 10_240, real: 10_240 }, quick: { sim: 128, real: 128 } },
  async run({ cluster, tries }) {
    const bytes = tries * MIB;
    const ours = await readSlowly(cluster, 'exec-stream', bytes);
    const theirs = await readSlowly(cluster, 'kubectl', bytes).catch((error: unknown) => String(error));
    const want = hashOf(bytes);
    const violations = [
      ...(ours.end === '7' ? [] : [`ended with ${ours.end} instead of 7`]),
      ...(ours.bytes === bytes ? [] : [`${ours.bytes} bytes instead of ${bytes}`]),
      ...(ours.sha256 === want ? [] : ['SHA-256 differs']),
      ...(grown(ours) <= ALLOWED_BYTES ? [] : [`memory grew by ${mib(grown(ours))} MiB`]),
    ];
    const kept = typeof theirs === 'object' && theirs.sha256 === want && theirs.end.startsWith('7');
    const kubectl = typeof theirs === 'string' ? 'not measured' : `${theirs.bytes} bytes, exit ${theirs.end}`;
    return [
      {
        name: 'slow reader: MiB',
        tries,
        violations,
        note: `memory ${mib(ours.idleBytes)} + ${mib(grown(ours))} MiB`,
      },
      { name: 'kubectl, for comparison', tries, violations: [], note: `${kept ? 'whole' : 'lost'}: ${kubectl}` },
    ] satisfies Row[];
  },
};

const grown = ({ idleBytes, mostBytes }: SlowReading): number => mostBytes - idleBytes;
const mib = (bytes: number): string => (bytes / MIB).toFixed(1);

async function readSlowly(
  { kubeconfig, target }: ChaosCluster,
  via: SlowRequest['via'],
  bytes: number,
): Promise<SlowReading> {
  const command = `yes ${LINE.trim()} | head -c ${bytes}; exit 7`;
  const request: SlowRequest = { kubeconfig, target, command, via, ...PAUSE };
  const program = join(import.meta.dirname, 'programs/slow-reader.ts');
  const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', '--conditions=@danube/source', program];
  const reading = promisify(execFile)(process.execPath, [...args, JSON.stringify(request)]);
  endsWithUs(reading.child);
  const { stdout } = await reading;
  return JSON.parse(stdout) as SlowReading;
}

function hashOf(bytes: number): string {
  const hash = createHash('sha256');
  const block = Buffer.from(LINE.repeat(16_384));
  let left = bytes;
  for (; left >= block.length; left -= block.length) hash.update(block);
  return hash.update(block.subarray(0, left)).digest('hex');
}
