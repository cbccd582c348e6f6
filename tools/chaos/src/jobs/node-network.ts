import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Cut } from './link.ts';

const run = promisify(execFile);

/** The address of the node inside of its cluster's network, and that of its pods (tools/cluster gives both). */
const NODE_ADDRESS = '10.200.0.1';
const POD_NETWORK = '10.244.0.0/16';

/** Listens at the node's address, which exists only in the cluster's network, and passes on to a socket that is a file. */
const forwarder = (path: string): string => `
const { createServer, connect } = require('node:net');
const server = createServer({ allowHalfOpen: true, noDelay: true }, (inside) => {
  const outside = connect({ path: ${JSON.stringify(path)}, allowHalfOpen: true });
  for (const [from, to] of [[inside, outside], [outside, inside]]) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => { if (!from.readableEnded) to.destroy(); });
  }
});
server.listen(0, '${NODE_ADDRESS}', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
`;

/** What is to be cut: connections to a port of the node, of all or only of those that come from pods. */
export type NodeConnections = { readonly port: number; readonly fromPods: boolean };

/** The network of a node that tools/cluster runs, entered through the process that holds it. */
export class NodeNetwork implements AsyncDisposable {
  readonly #enter: readonly string[];
  readonly #cuts = new Set<readonly string[]>();

  constructor(pid: number) {
    this.#enter = ['-t', String(pid), '-n', '--'];
  }

  /** Lets pods reach what listens on a unix socket of this machine. It ends with this process. */
  async forward(path: string): Promise<AsyncDisposable & { readonly url: string; readonly port: number }> {
    const child = spawn('nsenter', [...this.#enter, process.execPath, '-e', forwarder(path)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
    return {
      port: Number(port),
      url: `http://${NODE_ADDRESS}:${port}`,
      [Symbol.asyncDispose]: async () => {
        const closed = once(child, 'close');
        child.stdin.end();
        await closed;
      },
    };
  }

  /** Drops what goes over these connections in either direction, or answers it with a reset, for `ms`. */
  async cut({ port, fromPods }: NodeConnections, how: Cut, ms: number): Promise<void> {
    const peer = fromPods ? ['-s', POD_NETWORK] : [];
    const target = how === 'reset' ? ['REJECT', '--reject-with', 'tcp-reset'] : ['DROP'];
    const rule = ['INPUT', ...peer, '-p', 'tcp', '--dport', String(port), '-j', ...target];
    await this.#iptables('-I', rule);
    this.#cuts.add(rule);
    try {
      await sleep(ms);
    } finally {
      await this.#heal(rule);
    }
  }

  /** Heals what is cut, so that a run that ends in the middle leaves the node whole. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#cuts].map((rule) => this.#heal(rule)));
  }

  async #heal(rule: readonly string[]): Promise<void> {
    if (this.#cuts.delete(rule)) await this.#iptables('-D', rule);
  }

  async #iptables(action: '-I' | '-D', rule: readonly string[]): Promise<void> {
    await run('nsenter', [...this.#enter, 'iptables', '-w', action, ...rule]);
  }
}
