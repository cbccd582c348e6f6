import { ExecStream } from '@danube/exec-stream';
import { KubeClient, loadConfig } from '@danube/k8s-client';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SlowReading, SlowRequest } from '../slow-reader.ts';

/** Reads a stream slowly in a process of its own, so that its memory can be told from that of others. */
const MIB = 1024 * 1024;

const { kubeconfig, target, command, via, pauseMs, pauseEveryBytes } = JSON.parse(process.argv[2] ?? '') as SlowRequest;
process.stdout.write(JSON.stringify(await (via === 'kubectl' ? byKubectl() : byExecStream())));

async function byExecStream(): Promise<SlowReading> {
  await using client = new KubeClient(await loadConfig({ kubeconfig }));
  const stream = new ExecStream(client);
  const exec = (script: string) => {
    const session = stream.exec(target, ['sh', '-c', script]);
    session.stderr.resume();
    return session;
  };
  // Idle is a client that has worked, at its own speed, and rests.
  const warm = exec(`head -c ${64 * MIB} /dev/zero`);
  for await (const chunk of warm.stdout as AsyncIterable<Buffer>) createHash('sha256').update(chunk).digest();
  await warm.result;
  globalThis.gc?.();
  await sleep(500);
  const session = exec(command);
  const reading = await readSlowly(session.stdout);
  const { code } = await session.result.catch((error: unknown) => ({ code: String(error) }));
  return { ...reading, end: String(code) };
}

async function byKubectl(): Promise<SlowReading> {
  const { namespace, pod, container } = target;
  const args = ['--kubeconfig', kubeconfig, 'exec', '-n', namespace, pod, '-c', container, '--', 'sh', '-c', command];
  const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.on('data', (bytes: Buffer) => (words = (words + bytes.toString()).slice(-200)));
  const closed = once(child, 'close');
  const reading = await readSlowly(child.stdout);
  const [code] = (await closed) as [number | null];
  return { ...reading, end: `${code ?? 'null'} ${words.trim()}`.trim() };
}

async function readSlowly(stream: Readable): Promise<Omit<SlowReading, 'end'>> {
  const idleBytes = process.memoryUsage.rss();
  let mostBytes = idleBytes;
  const look = setInterval(() => (mostBytes = Math.max(mostBytes, process.memoryUsage.rss())), 50);
  const hash = createHash('sha256');
  let bytes = 0;
  let paused = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    if (bytes - paused < pauseEveryBytes) continue;
    paused = bytes;
    await sleep(pauseMs);
  }
  clearInterval(look);
  return { bytes, sha256: hash.digest('hex'), idleBytes, mostBytes };
}
