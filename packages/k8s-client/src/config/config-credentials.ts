import { ConfigError } from '../errors/failures.ts';
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
        ? new FileSource(path, { field, maxAgeMs: MAX_AGE_MS, now: clock.monotonic })
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
      this.#plugin = new ExecPlugin(config.exec, {
        clock,
        cluster: async () => clusterInfo(config, (await files.ca?.read()) ?? config.caPem),
      });
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
    await Promise.all(Object.values(this.#files).map((source) => source.reread()));
    // After the files: the plugin is told of the CA as it is now.
    await this.#plugin?.renew();
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

/** The value, which may be secret and is not shown when it cannot stand in a header. */
const headerText = (value: string, field: string): string => {
  if (/^[\x20-\x7e\x80-\xff]+$/.test(value)) return value;
  throw new ConfigError(`${field}: it is empty, or holds a line break or another character that no header can carry`);
};

const authorization = (config: ClusterConfig, token: string | undefined): Record<string, string> => {
  if (token !== undefined) {
    const field = config.tokenFile === undefined ? (config.token === undefined ? 'exec' : 'token') : 'tokenFile';
    return { authorization: `Bearer ${headerText(token.trim(), field)}` };
  }
  if (config.username !== undefined) {
    const pair = Buffer.from(`${config.username}:${config.password ?? ''}`).toString('base64');
    return { authorization: `Basic ${pair}` };
  }
  return {};
};

/** The cluster as a plugin is told of it (`spec.cluster` of an ExecCredential). */
const clusterInfo = (config: ClusterConfig, ca: string | undefined): object => ({
  server: config.server,
  'tls-server-name': config.tlsServerName,
  'insecure-skip-tls-verify': config.insecureSkipTlsVerify,
  'certificate-authority-data': ca === undefined ? undefined : Buffer.from(ca).toString('base64'),
  'proxy-url': config.proxyUrl,
  config: config.exec?.clusterConfig,
});

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
const impersonation = (as: Impersonation | undefined): Record<string, string | string[]> => {
  if (as === undefined) return {};
  const extra = Object.entries(as.extra ?? {}).map(([key, values]) => [
    `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
    values.map((value) => headerText(value, 'impersonate.extra')),
  ]);
  return {
    'impersonate-user': headerText(as.user, 'impersonate.user'),
    ...(as.uid === undefined ? {} : { 'impersonate-uid': headerText(as.uid, 'impersonate.uid') }),
    ...(as.groups === undefined
      ? {}
      : { 'impersonate-group': as.groups.map((group) => headerText(group, 'impersonate.groups')) }),
    ...(Object.fromEntries(extra) as Record<string, string[]>),
  };
};
