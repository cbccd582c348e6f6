import { tmpdir } from 'node:os';
import type { ExecProtocol } from './exec/protocol.ts';
import type { Fault } from './faults/fault.ts';
import type { ImageMap } from './kubelet/image.ts';
import type { NodeCapacity } from './kubelet/node.ts';

/** Options of {@link startClusterSim}. */
export interface ClusterSimOptions {
  /** Port of the API server. @default 0, which takes a free one */
  readonly port?: number;
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string;
  /** Exact image name to the local program that stands for it. */
  readonly images?: ImageMap;
  /** Directory below which a directory for this simulator is made; that one is removed at the end. @default the system's temporary directory */
  readonly dataDir?: string;
  /** How much later than it happens a change of a container shows in the pod's status, in ms. A real kubelet needs up to 1000. @default 10 */
  readonly statusDelayMs?: number;
  /** Exec protocols that the server offers. Leave v5 out to be a server older than 1.30. @default both */
  readonly execProtocols?: readonly ExecProtocol[];
  /** Offers HTTP/2 beside HTTP/1.1 (by ALPN), with a hundred streams per connection, as a real API server does. @default false */
  readonly http2?: boolean;
  /** Time between bookmarks of a watch, in ms. @default 60000 */
  readonly bookmarkIntervalMs?: number;
  /** How many changes a watch or a continue token can go back before it is answered with 410. @default 10000 */
  readonly historyLimit?: number;
  /**
   * Whether stored roles and bindings decide what service accounts and impersonated users may do. Without it every user
   * who is known may do everything. @default false
   */
  readonly rbac?: boolean;
  /** What the node offers. */
  readonly node?: NodeCapacity;
  /** Faults that are there from the start; more can be added to a running simulator. */
  readonly faults?: readonly Fault[];
  /** Seed of everything that is left to chance in faults. @default 1 */
  readonly seed?: number;
  /** Search path for programs of containers. @default the one of this process */
  readonly path?: string;
  /** Receives one line for what went wrong inside a pod. @default nothing is logged */
  readonly log?: (line: string) => void;
  /** The clock of the API (times of objects and tokens). Timers run on real time. @default the system's */
  readonly now?: () => Date;
}

/** The options with every default filled in. */
export type NormalizedOptions = Required<Omit<ClusterSimOptions, 'path'>> & { readonly path: string | undefined };

const integer = (value: number, name: string, max = Number.MAX_SAFE_INTEGER): number => {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new TypeError(`${name}: expected an integer from 0 to ${max}, got ${value}`);
  }
  return value;
};

/** Fills in the defaults and checks the values. Throws a TypeError that names the option. */
export const normalizeOptions = (options: ClusterSimOptions): NormalizedOptions => {
  const execProtocols = options.execProtocols ?? ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
  if (execProtocols.length === 0) throw new TypeError('execProtocols: expected at least one protocol, got none');
  for (const [image, entry] of Object.entries(options.images ?? {})) {
    if (entry.command.length === 0)
      throw new TypeError(`images["${image}"].command: expected a program, got an empty list`);
  }
  return Object.freeze({
    port: integer(options.port ?? 0, 'port', 65_535),
    host: options.host ?? '127.0.0.1',
    images: options.images ?? {},
    dataDir: options.dataDir ?? tmpdir(),
    statusDelayMs: integer(options.statusDelayMs ?? 10, 'statusDelayMs'),
    execProtocols,
    http2: options.http2 ?? false,
    bookmarkIntervalMs: integer(options.bookmarkIntervalMs ?? 60_000, 'bookmarkIntervalMs'),
    historyLimit: integer(options.historyLimit ?? 10_000, 'historyLimit'),
    rbac: options.rbac ?? false,
    node: options.node ?? {},
    faults: options.faults ?? [],
    seed: integer(options.seed ?? 1, 'seed'),
    path: options.path,
    log: options.log ?? ((): void => undefined),
    now: options.now ?? ((): Date => new Date()),
  });
};
