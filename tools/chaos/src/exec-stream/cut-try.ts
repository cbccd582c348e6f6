import { type ExecClient, ExecStream } from '@danube/exec-stream';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type ChaosCluster, CONTROL } from './clusters.ts';
import type { Fault } from '../fault.ts';
import { ChaosProxy } from '../tcp-proxy.ts';
import { settled } from './scenario.ts';

/** One try under a fault. */
export interface Try {
  readonly index: number;
  readonly random: () => number;
  /** What to spoil: a client, and where it connects to. */
  readonly way: { readonly client: ExecClient; readonly server: { readonly host: string; readonly port: number } };
  readonly next: () => Fault;
}

/** What a try ended with: connections that were spoilt, and what should not have been. */
export interface Outcome {
  readonly hits: number;
  /** Whether the plain exec came to a proven end. */
  readonly isProven: boolean;
  readonly violation?: string;
}

/** Nothing may be pending after this. */
const PATIENCE_MS = 90_000;
/** Faults come this often; then the connection is left alone, so that a try ends. */
const FAULTY_CONNECTIONS = 4;
const LIVENESS = { pingEveryMs: 500, deadAfterMs: 2_000, stuckAfterMs: 5_000, stdinStuckAfterMs: 5_000 };

/** A durable run and, beside it, a plain exec, both through a proxy that spoils their connections. */
export async function cutTry(cluster: ChaosCluster, { index, random, way, next }: Try): Promise<Outcome> {
  let connections = 0;
  await using proxy = await ChaosProxy.start(way.server, () =>
    connections++ < FAULTY_CONNECTIONS ? next() : { kind: 'none', afterBytes: 0 },
  );
  const stream = new ExecStream(through(way.client, proxy.port), { liveness: LIVENESS, handshakeTimeoutMs: 3_000 });
  const both = Promise.all([durable(cluster, { stream, index, random }), plain(cluster, stream, index % 256)]);
  const ends = await settled(both, PATIENCE_MS);
  const [run, exec] = typeof ends === 'string' ? [ends, 'unproven' as const] : ends;
  const violation = run ?? (exec === 'proven' || exec === 'unproven' ? undefined : exec);
  return { hits: proxy.hits, isProven: exec === 'proven', ...(violation !== undefined && { violation }) };
}

async function durable(
  { target }: ChaosCluster,
  { stream, index, random }: { readonly stream: ExecStream; readonly index: number; readonly random: () => number },
): Promise<string | undefined> {
  const lines = Math.round(10 ** (random() * 3.5));
  const code = index % 256;
  const ref = { id: `run-${index}`, dir: CONTROL };
  const run = [
    'echo ran >>"$0.count"',
    `i=0; while [ $i -lt ${lines} ]; do echo "out ${index} $i"; echo "err ${index} $i" >&2; i=$((i+1)); done`,
    `exit ${code}`,
  ].join('\n');
  try {
    // Both ways of it have to hold. Tries go round in 47 kinds, so every kind meets both.
    const options = { retryForMs: PATIENCE_MS };
    const one = index % 2 === 0 ? stream.run(target, { ...ref, run }, options) : undefined;
    const started = one?.started ?? stream.start(target, { ...ref, run }, options);
    const journal = one ?? stream.attach(target, ref, options);
    const hashes = { stdout: createHash('sha256'), stderr: createHash('sha256') };
    const reading = (async () => {
      for await (const { stream: name, data } of journal) hashes[name].update(data);
    })();
    await Promise.all([started, reading]);
    const record = await journal.exit;
    if (record.code !== code) return `exit code ${record.code ?? 'null'} instead of ${code}`;
    for (const [name, word] of [
      ['stdout', 'out'],
      ['stderr', 'err'],
    ] as const) {
      const expected = createHash('sha256');
      for (let line = 0; line < lines; line++) expected.update(`${word} ${index} ${line}\n`);
      if (hashes[name].digest('hex') !== expected.digest('hex')) return `${name} differs`;
    }
    return undefined;
  } catch (error) {
    return `durable run failed: ${String(error)}`;
  }
}

/** A plain exec may fail under a fault (`unproven`); it may not tell a wrong code, or a right one with output missing. */
async function plain({ target }: ChaosCluster, stream: ExecStream, code: number): Promise<string> {
  const session = stream.exec(target, ['sh', '-c', `head -c 20000 /dev/zero; exit ${code}`], {
    timeoutMs: 30_000,
    graceMs: 0,
  });
  const bytes = count(session.stdout);
  session.stderr.resume();
  try {
    const result = await session.result;
    if (result.code !== code) return `plain exec: exit code ${result.code ?? 'null'} instead of ${code}`;
    return (await bytes) === 20_000 ? 'proven' : `plain exec: ${await bytes} bytes with exit code ${code}`;
  } catch {
    return 'unproven';
  }
}

async function count(stream: Readable): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) bytes += chunk.length;
  return bytes;
}

const through = (client: ExecClient, port: number): ExecClient => ({
  async upgradeRequest(request) {
    const upgrade = await client.upgradeRequest(request);
    const url = new URL(upgrade.url);
    url.hostname = '127.0.0.1';
    url.port = String(port);
    return { ...upgrade, url };
  },
});

/** How often each of these runs ran, by its number, read through a clean connection. */
export async function runCounts({ client, target }: ChaosCluster): Promise<ReadonlyMap<number, number>> {
  const session = new ExecStream(client).exec(target, ['sh', '-c', `cd ${CONTROL}; wc -l */script.count`]);
  session.stderr.resume();
  let text = '';
  for await (const chunk of session.stdout as AsyncIterable<Buffer>) text += chunk.toString();
  await session.result;
  return new Map(
    [...text.matchAll(/^\s*(\d+) run-(\d+)\//gm)].map(([, count, index]) => [Number(index), Number(count)]),
  );
}
