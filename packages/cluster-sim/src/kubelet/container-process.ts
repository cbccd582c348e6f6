import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerLog } from './container-log.ts';
import type { PathMap } from './path-map.ts';
import { COOKIE_VARIABLE, killAll, sendSignal } from './process-tree.ts';

/** What a container's process is started with; all paths are local. */
export interface ProcessSpec {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Marks every process of this container. */
  readonly cookie: string;
  readonly paths: PathMap;
  /** Local file that the container may write its termination message to. */
  readonly terminationFile: string;
}

/** How a process ended: one of the two is set. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Sees the output of a container as it comes. */
export type OutputListener = (stream: 'stdout' | 'stderr', chunk: Buffer) => void;

/** Output may still sit in the pipe when the process is gone; strays that hold it open do not delay the end for longer. */
const DRAIN_MS = 500;
const MAX_MESSAGE_BYTES = 4096;

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** The exit code as a container runtime reports it: 128 + n for death by signal n. */
export const exitCodeOf = ({ code, signal }: ProcessEnd): number => code ?? 128 + (signalNumbers[signal ?? ''] ?? 0);

/** Environment of any process in the container. The cookie goes last: nothing may override it. */
export const processEnvironment = (spec: ProcessSpec): Record<string, string> => ({
  ...spec.env,
  [COOKIE_VARIABLE]: spec.cookie,
});

/** A running container: a local process that leads its own session, so that it and all it starts can be ended. */
export class ContainerProcess {
  readonly spec: ProcessSpec;
  /** Settles when the main process has ended, nothing of the container is left, and its output is in the log. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<OutputListener>();
  #exited = false;

  private constructor(spec: ProcessSpec, child: ChildProcess, log: ContainerLog) {
    this.spec = spec;
    this.#child = child;
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.on('data', (chunk: Buffer) => {
        log.append(stream, chunk);
        for (const listener of this.#listeners) listener(stream, chunk);
      });
    }
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    this.ended = new Promise<ProcessEnd>((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exited = true;
        resolve({ code, signal });
      });
    }).then(async (end) => {
      await killAll(spec.cookie, child.pid);
      const late = new AbortController();
      await Promise.race([closed, sleep(DRAIN_MS, undefined, { signal: late.signal }).catch(() => undefined)]);
      late.abort();
      child.stdout?.destroy();
      child.stderr?.destroy();
      log.close();
      return end;
    });
  }

  /** Starts it. Rejects with the system's error (ENOENT, EACCES …) when the program cannot be started. */
  static start(spec: ProcessSpec, log: ContainerLog): Promise<ContainerProcess> {
    writeFileSync(spec.terminationFile, '');
    const [file = '', ...args] = spec.argv;
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, {
        cwd: spec.cwd,
        env: processEnvironment(spec),
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child.once('error', reject);
      child.once('spawn', () => resolve(new ContainerProcess(spec, child, log)));
    });
  }

  /** Calls the listener with each later chunk of output until the returned function is called. */
  onOutput(listener: OutputListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Process id of the main process; also its group and session. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** False as soon as the main process has ended. */
  get running(): boolean {
    return !this.#exited;
  }

  /** KILL to the main process. */
  kill(): void {
    if (this.running) sendSignal(this.pid, 'SIGKILL');
  }

  /** TERM to the main process, KILL to all when the grace has passed. Settles when all is gone. Safe to call again with less grace. */
  async stop(graceMs: number): Promise<void> {
    if (graceMs > 0 && this.running) {
      sendSignal(this.pid, 'SIGTERM');
      const over = new AbortController();
      await Promise.race([this.ended, sleep(graceMs, undefined, { signal: over.signal }).catch(() => undefined)]);
      over.abort();
    }
    this.kill();
    await this.ended;
  }

  /** What the container wrote as its termination message. */
  terminationMessage(): string {
    try {
      return readFileSync(this.spec.terminationFile).subarray(0, MAX_MESSAGE_BYTES).toString();
    } catch {
      return '';
    }
  }
}
