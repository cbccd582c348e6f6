import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** How a run of the command ended, and what it left. */
export type Ended = {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Files left in the temporary directory. */
  readonly files: readonly string[];
  /** Command lines of processes that still know that directory. */
  readonly processes: readonly string[];
};

/** The command in a process of its own, with a temporary directory of its own. */
export class DanubeProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #dir: string;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];

  private constructor(child: ChildProcess, dir: string) {
    this.#child = child;
    this.#dir = dir;
    child.stdout?.on('data', (piece: Buffer) => this.#stdout.push(piece));
    child.stderr?.on('data', (piece: Buffer) => this.#stderr.push(piece));
  }

  /** Starts `danube …` at the root of the repository, as `npm run danube` does. */
  static start(...words: readonly string[]): Promise<DanubeProcess> {
    return DanubeProcess.startWith({}, words);
  }

  /** The same with variables of its environment set. */
  static async startWith(env: Readonly<Record<string, string>>, words: readonly string[]): Promise<DanubeProcess> {
    const dir = await mkdtemp(join(tmpdir(), 'danube-cli-test-'));
    const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@danube/source'];
    const child = spawn(process.execPath, [...flags, 'apps/cli/src/main.ts', ...words], {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        TMPDIR: dir,
        XDG_CACHE_HOME: join(root, 'tmp/cache'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new DanubeProcess(child, dir);
  }

  /** Resolves when a text has been printed. */
  async printed(text: string): Promise<void> {
    while (!Buffer.concat([...this.#stdout, ...this.#stderr]).includes(text)) {
      if (this.#child.exitCode !== null) throw new TypeError(`ended without printing ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What `| head` does once it has seen enough. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  /** Waits for the end. Processes that end by themselves a moment later, as after a kill -9, are waited for too. */
  async ended({ patienceMs = 0 } = {}): Promise<Ended> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    const untilMs = performance.now() + patienceMs;
    let left = await this.#left();
    while (left.files.length + left.processes.length > 0 && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      left = await this.#left();
    }
    return {
      exitCode: this.#child.exitCode,
      stdout: Buffer.concat(this.#stdout),
      stderr: Buffer.concat(this.#stderr).toString('utf8'),
      ...left,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended({ patienceMs: 5000 });
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #left(): Promise<Pick<Ended, 'files' | 'processes'>> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== this.#child.pid);
    const found = await Promise.all(pids.map((pid) => this.#mentions(pid)));
    return { files: await readdir(this.#dir), processes: found.filter((line) => line !== undefined) };
  }

  async #mentions(pid: string): Promise<string | undefined> {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const commandLine = await read('cmdline');
    const known = (await read('environ')) + commandLine;
    return known.includes(this.#dir) ? commandLine.replaceAll('\0', ' ') : undefined;
  }
}

/** Runs the command to its end. */
export const danube = async (...words: readonly string[]): Promise<Ended> => {
  await using command = await DanubeProcess.start(...words);
  return await command.ended();
};
