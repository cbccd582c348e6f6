import type { Clock } from '../time/clock.ts';
import type { TlsMaterial } from '../transport/connector.ts';
import type { ClusterConfig, Impersonation } from './cluster-config.ts';
import type { Access, Credentials } from './credentials.ts';
import { ExecPlugin, type PluginCredential } from './exec-plugin.ts';
import { FileSource } from './file-source.ts';

const MAX_AGE_MS = 60_000;

/** Credentials as a {@link ClusterConfig} describes them. Nothing is read before the first call. */
export class ConfigCredentials implements Credentials {
  readonly #config: ClusterConfig;
  readonly #files: Readonly<Partial<Record<'ca' | 'cert' | 'key' | 'token', FileSource>>>;
  readonly #plugin: ExecPlugin | undefined;
  #last: (Access & { readonly token: string | undefined }) | undefined;

  constructor(config: ClusterConfig, clock: Clock) {
    this.#config = config;
    const file = (field: keyof ClusterConfig): FileSource | undefined => {
      const path = config[field];
      return typeof path === 'string'
        ? new FileSource(path, { field, maxAgeMs: MAX_AGE_MS, now: clock.now })
        : undefined;
    };
    const files = {
      ca: file('caFile'),
      cert: file('clientCertFile'),
      key: file('clientKeyFile'),
      token: file('tokenFile'),
    };
    this.#files = Object.fromEntries(Object.entries(files).filter(([, source]) => source !== undefined));
    if (config.exec !== undefined) {
      this.#plugin = new ExecPlugin(config.exec, { clock, cluster: clusterInfo(config) });
    }
  }

  async current(): Promise<Access> {
    const config = this.#config;
    const plugin: PluginCredential = (await this.#plugin?.current()) ?? {};
    const [ca, cert, key, token] = await Promise.all([
      this.#files.ca?.read() ?? config.caPem,
      this.#files.cert?.read() ?? config.clientCertPem ?? plugin.clientCertPem,
      this.#files.key?.read() ?? config.clientKeyPem ?? plugin.clientKeyPem,
      this.#files.token?.read() ?? config.token ?? plugin.token,
    ]);
    const tls = this.#tls({ ca, cert, key });
    const last = this.#last;
    if (last?.tls === tls && last.token === token) return last;
    this.#last = { tls, token, headers: { ...authorization(config, token), ...impersonation(config.impersonate) } };
    return this.#last;
  }

  async renew(rejected: Access): Promise<boolean> {
    await Promise.all([this.#plugin?.renew(), ...Object.values(this.#files).map((source) => source.reread())]);
    return (await this.current()) !== rejected;
  }

  /** The same object for the same content: the transport keeps its connections as long as it sees the same one. */
  #tls({ ca, cert, key }: Record<'ca' | 'cert' | 'key', string | undefined>): TlsMaterial {
    const { tlsServerName, insecureSkipTlsVerify } = this.#config;
    const last = this.#last?.tls;
    if (last !== undefined && last.ca === ca && last.cert === cert && last.key === key) return last;
    return {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
      ...(insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
    };
  }
}

const authorization = (config: ClusterConfig, token: string | undefined): Record<string, string> => {
  if (token !== undefined) return { authorization: `Bearer ${token.trim()}` };
  if (config.username !== undefined) {
    const pair = Buffer.from(`${config.username}:${config.password ?? ''}`).toString('base64');
    return { authorization: `Basic ${pair}` };
  }
  return {};
};

/** The cluster as a plugin is told of it (`spec.cluster` of an ExecCredential). */
const clusterInfo = (config: ClusterConfig): object => ({
  server: config.server,
  'tls-server-name': config.tlsServerName,
  'insecure-skip-tls-verify': config.insecureSkipTlsVerify,
  'certificate-authority-data': config.caPem === undefined ? undefined : Buffer.from(config.caPem).toString('base64'),
  'proxy-url': config.proxyUrl,
  config: config.exec?.clusterConfig,
});

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
const impersonation = (as: Impersonation | undefined): Record<string, string | string[]> => {
  if (as === undefined) return {};
  const extra = Object.entries(as.extra ?? {}).map(([key, values]) => [
    `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
    [...values],
  ]);
  return {
    'impersonate-user': as.user,
    ...(as.uid === undefined ? {} : { 'impersonate-uid': as.uid }),
    ...(as.groups === undefined ? {} : { 'impersonate-group': [...as.groups] }),
    ...(Object.fromEntries(extra) as Record<string, string[]>),
  };
};
