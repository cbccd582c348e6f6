import { ConfigError } from '../errors/failures.ts';
import type { ClusterConfig, ExecPluginConfig, Impersonation } from './cluster-config.ts';
import { type Entry, isMapping, type Kubeconfig, relativeTo } from './kubeconfig.ts';

/** The configuration that one context of a kubeconfig stands for. @throws ConfigInvalid naming the missing piece. */
export const contextConfig = (kubeconfig: Kubeconfig, wanted: string | undefined): ClusterConfig => {
  const name = wanted ?? kubeconfig.currentContext;
  const files = kubeconfig.files.join(', ');
  if (name === undefined) {
    throw new ConfigError(`no context is chosen in ${files}`, {
      hint: `name one, or set current-context; there are: ${[...kubeconfig.contexts.keys()].join(', ') || 'none'}`,
    });
  }
  const context = pick(kubeconfig.contexts, name, `context "${name}" in ${files}`);
  const where = `context "${name}"`;
  const clusterName = text(context, 'cluster');
  if (clusterName === undefined) throw new ConfigError(`${where} names no cluster`);
  const cluster = pick(kubeconfig.clusters, clusterName, `cluster "${clusterName}" of ${where}`);
  const userName = text(context, 'user');
  const user = userName === undefined ? undefined : pick(kubeconfig.users, userName, `user "${userName}" of ${where}`);
  return drop({
    source: where,
    namespace: text(context, 'namespace'),
    ...clusterPart(cluster),
    ...(user === undefined ? {} : userPart(user, cluster)),
  });
};

const clusterPart = (cluster: Entry): Pick<ClusterConfig, 'server'> & Record<string, unknown> => {
  const server = text(cluster, 'server');
  if (server === undefined) throw new ConfigError(`cluster "${cluster.name}" has no server`);
  const caPem = pem(cluster, 'certificate-authority-data');
  return {
    server,
    caPem,
    caFile: caPem === undefined ? path(cluster, 'certificate-authority') : undefined,
    tlsServerName: text(cluster, 'tls-server-name'),
    insecureSkipTlsVerify: cluster.value['insecure-skip-tls-verify'] === true ? true : undefined,
    proxyUrl: text(cluster, 'proxy-url'),
  };
};

/** Inline data wins over a file, and a token over a token file, as in client-go. */
const userPart = (user: Entry, cluster: Entry): Record<string, unknown> => {
  const clientCertPem = pem(user, 'client-certificate-data');
  const clientKeyPem = pem(user, 'client-key-data');
  const token = text(user, 'token');
  return {
    token,
    tokenFile: token === undefined ? path(user, 'tokenFile') : undefined,
    clientCertPem,
    clientCertFile: clientCertPem === undefined ? path(user, 'client-certificate') : undefined,
    clientKeyPem,
    clientKeyFile: clientKeyPem === undefined ? path(user, 'client-key') : undefined,
    username: text(user, 'username'),
    password: text(user, 'password'),
    impersonate: impersonation(user),
    exec: exec(user, cluster),
    ...refuseAuthProvider(user),
  };
};

const refuseAuthProvider = (user: Entry): Record<string, never> => {
  if (user.value['auth-provider'] === undefined) return {};
  throw new ConfigError(`user "${user.name}" uses auth-provider, which Kubernetes removed in 1.26`, {
    hint: 'use the exec plugin of the provider',
  });
};

const impersonation = (user: Entry): Impersonation | undefined => {
  const as = text(user, 'as');
  const [uid, groups, extra] = [text(user, 'as-uid'), user.value['as-groups'], user.value['as-user-extra']];
  if (as === undefined) {
    if (uid !== undefined || groups !== undefined || extra !== undefined) {
      throw new ConfigError(`user "${user.name}": as-uid, as-groups and as-user-extra need "as"`);
    }
    return undefined;
  }
  return drop({
    user: as,
    uid,
    groups: groups as readonly string[] | undefined,
    extra: extra as Impersonation['extra'],
  });
};

const exec = (user: Entry, cluster: Entry): ExecPluginConfig | undefined => {
  const plugin = user.value['exec'];
  if (plugin === undefined || plugin === null) return undefined;
  if (!isMapping(plugin)) throw new ConfigError(`user "${user.name}": exec: expected a mapping`);
  const entry: Entry = { ...user, value: plugin };
  const command = text(entry, 'command');
  const apiVersion = text(entry, 'apiVersion');
  if (command === undefined) throw new ConfigError(`user "${user.name}": exec.command is missing`);
  if (apiVersion === undefined) throw new ConfigError(`user "${user.name}": exec.apiVersion is missing`);
  return drop({
    apiVersion,
    // A command with a slash is a path and counts from the file; one without is searched on PATH.
    command: /[/\\]/.test(command) ? relativeTo(user.file, command) : command,
    args: (plugin['args'] ?? undefined) as readonly string[] | undefined,
    env: (plugin['env'] ?? undefined) as ExecPluginConfig['env'],
    provideClusterInfo: plugin['provideClusterInfo'] === true ? true : undefined,
    installHint: text(entry, 'installHint'),
    clusterConfig: execExtension(cluster),
  });
};

const execExtension = (cluster: Entry): unknown => {
  const extensions = cluster.value['extensions'];
  if (!Array.isArray(extensions)) return undefined;
  const found: unknown = extensions.find(
    (item) => isMapping(item) && item['name'] === 'client.authentication.k8s.io/exec',
  );
  return isMapping(found) ? found['extension'] : undefined;
};

const pick = (map: ReadonlyMap<string, Entry>, name: string, what: string): Entry => {
  const entry = map.get(name);
  if (entry === undefined) {
    throw new ConfigError(`there is no ${what}`, { hint: `there are: ${[...map.keys()].join(', ') || 'none'}` });
  }
  return entry;
};

const text = (entry: Entry, key: string): string | undefined => {
  const value = entry.value[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new ConfigError(`${entry.file}: "${entry.name}".${key}: expected a text`);
  return value;
};

const path = (entry: Entry, key: string): string | undefined => {
  const value = text(entry, key);
  return value === undefined ? undefined : relativeTo(entry.file, value);
};

const pem = (entry: Entry, key: string): string | undefined => {
  const value = text(entry, key);
  if (value === undefined) return undefined;
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  if (!decoded.includes('-----BEGIN ')) {
    throw new ConfigError(`${entry.file}: "${entry.name}".${key}: expected base64 of a PEM text`);
  }
  return decoded;
};

/** Leaves out what is undefined, so that optional fields are absent. */
const drop = <T extends object>(value: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
