import { nodeChildProcess } from '../builtin.ts';
import { KubeError } from '../errors/kube-error.ts';
import type { Clock } from '../time/clock.ts';
import type { ExecPluginConfig } from './cluster-config.ts';

/** What a plugin hands out. */
export type PluginCredential = {
  readonly token?: string;
  readonly clientCertPem?: string;
  readonly clientKeyPem?: string;
  readonly expiresAtMs?: number;
};

/** How a plugin is run. */
export type ExecPluginOptions = {
  readonly clock: Clock;
  /** The cluster as the plugin is told of it; asked before each run when `provideClusterInfo` is set. */
  readonly cluster?: (() => Promise<object>) | undefined;
  /** @default 30_000 */
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 30_000;
const EARLY_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Runs a credential plugin (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins)
 * once for all calls that wait for it, again a minute before its credential ends, and again after a 401.
 */
export class ExecPlugin {
  readonly #config: ExecPluginConfig;
  readonly #options: ExecPluginOptions;
  #credential: PluginCredential | undefined;
  #running: Promise<PluginCredential> | undefined;

  constructor(config: ExecPluginConfig, options: ExecPluginOptions) {
    this.#config = config;
    this.#options = options;
  }

  /** The credential, as long as it is good; while a new one is fetched early, the old one is still handed out. */
  current(): PluginCredential | Promise<PluginCredential> {
    const held = this.#credential;
    if (held === undefined) return this.#run();
    const leftMs = (held.expiresAtMs ?? Infinity) - this.#options.clock.now();
    if (leftMs <= 0) return this.#run();
    // A failure of the early run is not this call's: the next one tries again, and the last one reports.
    if (leftMs <= EARLY_MS) this.#run().catch(() => undefined);
    return held;
  }

  /** Runs the plugin anew: the server did not accept what it gave. */
  renew(): Promise<PluginCredential> {
    return this.#run();
  }

  #run(): Promise<PluginCredential> {
    this.#running ??= runPlugin(this.#config, this.#options)
      .then((credential) => (this.#credential = credential))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }
}

const runPlugin = async (config: ExecPluginConfig, options: ExecPluginOptions): Promise<PluginCredential> => {
  const cluster = config.provideClusterInfo === true ? await options.cluster?.() : undefined;
  return parseCredential(config, await output(config, { cluster, timeoutMs: options.timeoutMs ?? TIMEOUT_MS }));
};

const output = (
  config: ExecPluginConfig,
  { cluster, timeoutMs }: { readonly cluster: object | undefined; readonly timeoutMs: number },
): Promise<string> =>
  new Promise((resolve, reject) => {
    const failed = (detail: string, cause?: unknown): void => {
      const hint = config.installHint ?? `run "${config.command}" by hand to see what it says`;
      reject(new KubeError('CredentialFailed', { detail: `plugin ${config.command} ${detail}`, cause, hint }));
    };
    const info = {
      apiVersion: config.apiVersion,
      kind: 'ExecCredential',
      spec: { interactive: false, ...(cluster === undefined ? {} : { cluster }) },
    };
    const child = nodeChildProcess().spawn(config.command, [...(config.args ?? [])], {
      // What a plugin writes to stderr may be a secret: it goes nowhere.
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...process.env,
        ...Object.fromEntries((config.env ?? []).map(({ name, value }) => [name, value])),
        KUBERNETES_EXEC_INFO: JSON.stringify(info),
      },
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      failed(`did not end within ${timeoutMs} ms`);
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_OUTPUT_BYTES) chunks.push(chunk);
      else child.kill('SIGKILL');
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      failed('could not be started', error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
      else failed(code === null ? `was ended by ${signal ?? 'a signal'}` : `exited with ${code}`);
    });
  });

const parseCredential = (config: ExecPluginConfig, text: string): PluginCredential => {
  const wrong = (detail: string): KubeError =>
    new KubeError('CredentialFailed', { detail: `plugin ${config.command} ${detail}` });
  let parsed: { apiVersion?: unknown; kind?: unknown; status?: Record<string, unknown> | null };
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch {
    throw wrong('wrote something that is not JSON');
  }
  if (parsed.kind !== 'ExecCredential') throw wrong('wrote no ExecCredential');
  if (parsed.apiVersion !== config.apiVersion) throw wrong(`did not answer in ${config.apiVersion}`);
  const field = (name: string): string | undefined => {
    const value = parsed.status?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [token, cert, key] = [field('token'), field('clientCertificateData'), field('clientKeyData')];
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw wrong('handed out neither a token nor a certificate with its key');
  }
  const expiresAtMs = Date.parse(field('expirationTimestamp') ?? '');
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined || key === undefined ? {} : { clientCertPem: cert, clientKeyPem: key }),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
  };
};
