import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ServerControl, type ServerStats } from './server-control.ts';
import { pinned } from './run-program.ts';

/** An API server that is faster than any client: made of bytes prepared beforehand, in Go, on a processor of its own. */
export type ReferenceServer = AsyncDisposable & {
  /** What a client program needs: `BENCH_URL` and `BENCH_CA`. */
  readonly env: Readonly<Record<string, string>>;
  readonly stats: () => Promise<ServerStats>;
};

/** Starts it with so many pods. It ends with this process, or when disposed of. */
export const startReferenceServer = async (program: string, pods: number): Promise<ReferenceServer> => {
  const [command = '', ...args] = pinned(0, [program, 'serve', '-pods', String(pods)]);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url, ca } = JSON.parse(line) as { url: string; ca: string };
  const env = { BENCH_URL: url, BENCH_CA: ca };
  const control = new ServerControl(env);
  return {
    env,
    stats: () => control.stats(),
    [Symbol.asyncDispose]: async () => {
      control.close();
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
};
