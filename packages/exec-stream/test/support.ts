import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ExecTarget } from '../src/index.ts';

export const target: ExecTarget = { namespace: 'ns', pod: 'pod', container: 'worker' };

/** Shells that must all be able to run what we send. */
const wanted: readonly (readonly [string, ...string[]])[] = [['dash'], ['bash'], ['busybox', 'sh']];
const isHere = ([program]: readonly [string, ...string[]]): boolean =>
  spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;

/** Those that are on PATH. CI has all of them; elsewhere a spec names the missing ones. */
export const shells = wanted.filter(isHere);
export const missingShells = wanted.filter((shell) => !isHere(shell)).map(([program]) => program);

export async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export async function temporaryDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'exec-stream-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 20 }) };
}

/** Runs the promise to its error. Fails the test when there is none. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error as Error & Record<string, unknown> }),
  );
  if ('error' in outcome) return outcome.error;
  throw new Error(`expected a rejection, got ${JSON.stringify(outcome.value)}`);
}
