import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../components.ts';
import type { ComponentStatus } from './plan.ts';

/** Pause before a program that ended by itself is started again. */
const RESTART_DELAY_MS = 500;

type Entry = { readonly component: Component; child?: ChildProcess; restarts: number; timer?: NodeJS.Timeout };

/** Keeps programs running: each is started again whenever it ends. */
export class Supervisor {
  readonly #entries = new Map<string, Entry>();
  readonly #logs: string;

  /** Output of each program goes to `<logs>/<name>.log`. */
  constructor(logs: string, components: readonly Component[]) {
    this.#logs = logs;
    for (const component of components) this.#entries.set(component.name, { component, restarts: 0 });
  }

  /** Starts a program and keeps it running from then on. */
  start(component: Component): void {
    const entry = this.#entries.get(component.name);
    if (entry !== undefined) this.#spawn(entry);
  }

  /** Kills a program with SIGKILL, and starts it again `downMs` after it ended. Gives false when it does not run. */
  async kill(name: string, downMs: number): Promise<boolean> {
    const entry = this.#entries.get(name);
    if (entry?.child === undefined) return false;
    const { child } = entry;
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    await once(child, 'exit');
    this.#again(entry, 'killed on request', downMs);
    return true;
  }

  /** Starts nothing again that is down now. */
  stop(): void {
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
  }

  /** How each program is doing, in the order of starting. */
  status(): ComponentStatus[] {
    return [...this.#entries.values()].map(({ component, child, restarts, timer }) => ({
      name: component.name,
      state: child !== undefined ? 'running' : timer === undefined ? 'waiting' : 'restarting',
      ...(child?.pid === undefined ? {} : { pid: child.pid }),
      restarts,
    }));
  }

  #spawn(entry: Entry): void {
    delete entry.timer;
    const { name, argv } = entry.component;
    const [program = '', ...args] = argv;
    const log = openSync(join(this.#logs, `${name}.log`), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    entry.child = child;
    child.once('error', (error) => this.#again(entry, error.message, RESTART_DELAY_MS));
    child.once('exit', (code, signal) => this.#again(entry, `ended: ${signal ?? String(code)}`, RESTART_DELAY_MS));
  }

  #again(entry: Entry, why: string, delayMs: number): void {
    delete entry.child;
    entry.restarts += 1;
    appendFileSync(join(this.#logs, `${entry.component.name}.log`), `--- ${why}; starting again in ${delayMs} ms\n`);
    entry.timer = setTimeout(() => this.#spawn(entry), delayMs);
  }
}
