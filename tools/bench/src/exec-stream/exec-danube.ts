import { ExecStream } from '@danube/exec-stream';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { measureExecs } from './measure-execs.ts';
import { execTarget, parseWork } from './exec-work.ts';

// As in first-get-danube.ts, where the import is what is measured.
const { KubeClient, loadConfig } = await import('@danube/k8s-client');

const { BENCH_URL: server = '', BENCH_CA: caPem = '', KUBECONFIG: path } = process.env;
const work = parseWork(process.argv.slice(2));
await using client = new KubeClient(path === undefined ? { server, caPem, token: 'bench' } : await loadConfig());
const stream = new ExecStream(client);

/** Bytes 0 to 250 again and again, so that a piece that is missing or doubled changes the hash; made while they are sent. */
function* pattern(bytes: number): Generator<Buffer> {
  const block = Buffer.from(Array.from({ length: 251 * 1024 }, (_, index) => index % 251));
  for (let left = bytes; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block;
}

await measureExecs(work, async (command, take) => {
  // Not for the first exec, which reads nothing: a server resets a connection on which input is left.
  const stdin =
    work.stdinBytes > 0 && command === work.command ? { stdin: Readable.from(pattern(work.stdinBytes)) } : {};
  const session = stream.exec(execTarget, command, stdin);
  session.stderr.resume();
  session.stdout.on('data', (bytes: Buffer) => {
    const taken = take(bytes);
    if (!taken) return;
    session.stdout.pause();
    void taken.then(() => session.stdout.resume());
  });
  const ended = once(session.stdout, 'end');
  const { code, verified } = await session.result;
  await ended;
  if (code !== 0 || !verified) throw new TypeError(`expected a proven 0, got ${code}`);
});
