import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';

/** What the reference server has counted. */
export type ServerStats = {
  readonly handshakes: number;
  /** Of lists and watches, as the next. */
  readonly requests: number;
  readonly sentBytes: number;
  /** Of the changes that the cuts made. */
  readonly changedBytes: number;
};

/** How the reference server ends watches: see `tools/bench/go/changes.go`. */
export type Cut = 'reset' | 'end' | 'gone' | 'busy';

/** Makes things happen on the reference server, on a connection of its own. */
export class ServerControl {
  readonly #url: string;
  readonly #agent: Agent;

  constructor(env: NodeJS.ProcessEnv = process.env) {
    this.#url = env['BENCH_URL'] ?? '';
    this.#agent = new Agent({ ca: env['BENCH_CA'], keepAlive: true });
  }

  async stats(): Promise<ServerStats> {
    return JSON.parse(await this.#get('/stats')) as ServerStats;
  }

  /** Cuts all watches, then changes a pod. Returns the version of that change. */
  async cut(how: Cut): Promise<string> {
    return this.#get(`/cut?how=${how}`);
  }

  /** Sends that many changes on every watch, as fast as they are taken. */
  async burst(changes: number): Promise<void> {
    await this.#get(`/burst?n=${changes}`);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #get(path: string): Promise<string> {
    const call = request(`${this.#url}${path}`, { agent: this.#agent });
    call.end();
    const [response] = (await once(call, 'response')) as [NodeJS.ReadableStream];
    return text(response);
  }
}
