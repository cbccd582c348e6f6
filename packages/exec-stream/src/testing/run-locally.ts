import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { PeerSession } from './peer-session.ts';

/** Where the commands of {@link runLocally} run. */
export interface RunLocallyOptions {
  /** Replaces `sh`, to try a shell: `['busybox', 'sh']`. */
  readonly shell?: readonly string[];
  readonly cwd?: string;
  /** @default that of this process */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs what the client asked for as a local process, as a kubelet and a runtime would: output in frames, exit code as status after both
 * streams have ended, and a client that goes away leaves the process alone.
 */
export function runLocally(options: RunLocallyOptions = {}): (session: PeerSession) => void {
  return (session) => {
    session.hello();
    const [program = '', ...args] = session.request.argv;
    const [file = '', ...rest] = program === 'sh' && options.shell ? [...options.shell, ...args] : [program, ...args];
    // A runtime starts an exec in a session of its own.
    const { cwd, env = process.env } = options;
    const child = spawn(file, rest, { detached: true, env, ...(cwd !== undefined && { cwd }) });
    child.on('error', (error) => session.exit({ message: `OCI runtime exec failed: exec failed: ${error.message}` }));
    child.stdin.on('error', () => undefined);
    session.on('stdin', (bytes) => {
      const waits = child.stdin.writableNeedDrain;
      if (child.stdin.write(bytes) || waits) return;
      session.blocked = true;
      child.stdin.once('drain', () => (session.blocked = false));
    });
    session.on('stdinEnd', () => child.stdin.end());
    // When the client is gone, its stdin ends (on a node over v4, too); the translator of the API server reads the output to its end.
    session.on('close', () => {
      child.stdin.end();
      child.stdout.resume();
      child.stderr.resume();
      // Nobody waits for a process whose client is gone.
      child.unref();
      for (const pipe of [child.stdin, child.stdout, child.stderr] as unknown as Socket[]) pipe.unref();
    });
    pipe(child.stdout, session, 'stdout');
    pipe(child.stderr, session, 'stderr');
    child.on('close', (code, signal) => {
      if (child.pid !== undefined) session.exit(code ?? 128 + signalNumber(signal));
    });
  };
}

function pipe(source: Readable, session: PeerSession, stream: 'stdout' | 'stderr'): void {
  source.on('data', (bytes: Buffer) => {
    let room = true;
    for (let at = 0; at < bytes.length; at += 32 * 1024) room = session[stream](bytes.subarray(at, at + 32 * 1024));
    if (room || !session.socket.writable) return;
    source.pause();
    session.socket.once('drain', () => source.resume());
  });
}

const signalNumber = (signal: NodeJS.Signals | null): number =>
  signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : 1;
