import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endsWithUs } from '../child.ts';
import { ChaosError } from '../errors.ts';

/** What {@link ApiServerProcess} runs. */
export type ApiServerProgram = {
  /** The bundled program. */
  readonly file: string;
  readonly port: number;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Where its log goes. */
  readonly logFile: string;
};

const START_LIMIT_MS = 60_000;

/** The api-server as a process of its own, so that it can be killed as nothing inside it can expect. */
export class ApiServerProcess implements AsyncDisposable {
  readonly #program: ApiServerProgram;
  #child: ChildProcess | undefined;
  #isUp = false;

  /** How often it ended without having been told to. It is then started again, as a cluster would. */
  deaths = 0;

  constructor(program: ApiServerProgram) {
    this.#program = program;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#program.port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it and waits until it answers. */
  async start(): Promise<void> {
    const { file, env, logFile, port } = this.#program;
    const log = openSync(logFile, 'a');
    const child = endsWithUs(
      spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
        stdio: ['ignore', log, log],
        env: { ...env, DANUBE_HOST: '127.0.0.1', DANUBE_PORT: String(port) },
      }),
    );
    this.#child = child;
    child.once('exit', () => {
      closeSync(log);
      if (this.#child !== child || !this.#isUp) return;
      this.deaths += 1;
      void this.start().catch(() => undefined); // whoever asks it next says so
    });
    for (const untilMs = performance.now() + START_LIMIT_MS; ;) {
      if (child.exitCode !== null || performance.now() > untilMs)
        throw new ChaosError(`the api-server did not start: see ${logFile}`);
      if (await answers(`${this.url}/healthz`)) break;
      await sleep(20);
    }
    this.#isUp = true;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#isUp = false;
    if (child === undefined || child.exitCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
};
