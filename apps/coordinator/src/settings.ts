import { env, paths } from '@danube/contract/names';
import { CoordinatorError } from './errors.ts';

/** Where the coordinator finds what it needs. All are paths unless the name says otherwise. */
export type Settings = {
  readonly workspace: string;
  readonly control: string;
  readonly jobSpec: string;
  readonly terminationLog: string;
  /** Directory with the credentials for the Kubernetes API. */
  readonly serviceAccount: string;
  /** Directory with the secrets of the job, a file for each. */
  readonly secrets: string;
  /** Directory in memory where values that they have had outlive this process; it need not be there. */
  readonly keptSecrets: string;
  /** Own pod, by name: the worker is in it. */
  readonly podName: string;
  /** Namespace of the own pod. Unset: the one that the service account's directory names. */
  readonly podNamespace?: string;
  /** The api-server to report to. Unset: the coordinator works alone. */
  readonly api?: { readonly url: string; readonly tokenFile?: string };
  /**
   * Most bytes of one stream of a step that wait for the api-server; then the command waits, too. Steps that have ended
   * may leave twice as much before the next one starts. Without an api-server nothing is held back.
   */
  readonly journalBytes: number;
  /** Address of the Kubernetes API, as the kubelet gives it to every container. */
  readonly kubernetes: Readonly<Record<string, string | undefined>>;
};

/** Least journal: smaller ones would hold up every command. */
const MIN_JOURNAL_BYTES = 1_048_576;
const DEFAULT_JOURNAL_BYTES = 128 * 1_048_576;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from the environment; paths that are not named are where the pod has them.
 *
 * @throws CoordinatorError `ENVIRONMENT` naming the variable.
 */
export const settingsFrom = (environment: Environment): Settings => {
  const get = (name: string): string | undefined => environment[name] || undefined;
  const podNamespace = get(env.podNamespace);
  return Object.freeze({
    workspace: get(env.workspace) ?? paths.workspace,
    control: get(env.control) ?? paths.control,
    jobSpec: get(env.jobSpec) ?? paths.jobSpec,
    terminationLog: get(env.terminationLog) ?? paths.terminationLog,
    serviceAccount: get(env.serviceAccount) ?? paths.serviceAccount,
    secrets: get(env.secrets) ?? paths.secrets,
    keptSecrets: get(env.keptSecrets) ?? paths.keptSecrets,
    // In a pod the host name is the pod's name.
    podName: get(env.podName) ?? required(get('HOSTNAME'), env.podName),
    ...(podNamespace === undefined ? {} : { podNamespace }),
    ...apiFrom(get(env.apiUrl), get(env.tokenFile)),
    journalBytes: journalBytesFrom(get(env.journalBytes)),
    kubernetes: {
      KUBERNETES_SERVICE_HOST: environment['KUBERNETES_SERVICE_HOST'],
      KUBERNETES_SERVICE_PORT: environment['KUBERNETES_SERVICE_PORT'],
    },
  });
};

const apiFrom = (url: string | undefined, tokenFile: string | undefined): Pick<Settings, 'api'> => {
  if (url === undefined) return {};
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new CoordinatorError('ENVIRONMENT', `${env.apiUrl}: expected an http or https URL`);
  }
  return { api: tokenFile === undefined ? { url } : { url, tokenFile } };
};

const journalBytesFrom = (text: string | undefined): number => {
  const bytes = text === undefined ? DEFAULT_JOURNAL_BYTES : Number(text);
  if (!Number.isSafeInteger(bytes) || bytes < MIN_JOURNAL_BYTES) {
    throw new CoordinatorError('ENVIRONMENT', `${env.journalBytes}: expected bytes, at least ${MIN_JOURNAL_BYTES}`);
  }
  return bytes;
};

const required = (value: string | undefined, name: string): string => {
  if (value === undefined) throw new CoordinatorError('ENVIRONMENT', `${name} is not set`);
  return value;
};
