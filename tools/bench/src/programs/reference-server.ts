import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { pinned } from './run-program.ts';

/** An API server that is faster than any client: made of bytes prepared beforehand, in Go, on a processor of its own. */
export type ReferenceServer = AsyncDisposable & {
  /** What a client program needs: `BENCH_URL` and `BENCH_CA`. */
  readonly env: Readonly<Record<string, string>>;
  readonly handshakes: () => Promise<number>;
};

/** Starts it with so many pods. It ends with this process, or when disposed of. */
export const startReferenceServer = async (program: string, pods: number): Promise<ReferenceServer> => {
  const [command = '', ...args] = pinned(0, [program, 'serve', '-pods', String(pods)]);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url, ca } = JSON.parse(line) as { url: string; ca: string };
  const agent = new Agent({ ca, keepAlive: true });
  return {
    env: { BENCH_URL: url, BENCH_CA: ca },
    handshakes: async () => {
      const call = request(`${url}/stats`, { agent });
      call.end();
      const [response] = (await once(call, 'response')) as [NodeJS.ReadableStream];
      return (JSON.parse(await text(response)) as { handshakes: number }).handshakes;
    },
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
};
