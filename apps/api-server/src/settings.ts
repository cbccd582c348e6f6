import type { PodPatch } from '@danube/pod-builder';
import { ApiServerError } from './errors/api-server-error.ts';
import type { LogLevel } from './log/logger.ts';
import type { ApiServerOptions } from './options.ts';

/** A setting of the program: what it is called, what it means, and what stands in for it. */
type Setting = { readonly help: string; readonly otherwise: string; readonly shown?: string };

/** Every environment variable that the program reads. Those of `@danube/k8s-client` (KUBECONFIG) come on top. */
export const settingsTable = {
  DANUBE_DATA_DIR: { help: 'Directory of the store.', otherwise: '/var/lib/danube' },
  DANUBE_HOST: { help: 'Address to listen on.', otherwise: '127.0.0.1' },
  DANUBE_PORT: { help: 'Port to listen on; 0 takes a free one.', otherwise: '8080' },
  DANUBE_INTERNAL_URL: { help: 'URL under which job pods reach this server.', otherwise: '', shown: 'its own address' },
  DANUBE_NAMESPACE: { help: 'Namespace of job pods; it belongs to this server alone.', otherwise: 'danube-jobs' },
  DANUBE_COORDINATOR_IMAGE: { help: 'Image of the coordinator container.', otherwise: 'danube-coordinator:latest' },
  DANUBE_IMAGE_PULL_POLICY: { help: 'Always, IfNotPresent or Never.', otherwise: 'IfNotPresent' },
  DANUBE_WORKSPACE_SIZE: { help: 'How much a job may write into its workspace.', otherwise: '10Gi' },
  DANUBE_COORDINATOR_SHAPE: {
    help: 'containers, or sidecar: then the kubelet starts a lost coordinator again.',
    otherwise: 'containers',
  },
  DANUBE_POD_PATCH: { help: 'JSON that is laid over every job pod.', otherwise: '{}' },
  DANUBE_ALLOW_ROOT: { help: '1 lets pipelines ask for root.', otherwise: '0' },
  DANUBE_ALLOWED_SECRETS: {
    help: 'Secrets that pipelines may use, with commas; * for all of the namespace.',
    otherwise: '',
    shown: 'none',
  },
  DANUBE_CONCURRENCY: { help: 'How many jobs may have a pod at the same time.', otherwise: '20' },
  DANUBE_CANCEL_GRACE_MS: { help: 'How long a cancelled job may take to end by itself.', otherwise: '30000' },
  DANUBE_RETRIES: { help: 'How often a job is run again that the infrastructure failed.', otherwise: '2' },
  DANUBE_RETRIES_PER_HOUR: { help: 'The same for all jobs together, per hour.', otherwise: '60' },
  DANUBE_RETRY_STARTED: { help: '1 runs jobs again even when a step may have begun.', otherwise: '0' },
  DANUBE_LOG_LEVEL: { help: 'debug, info, warn or error.', otherwise: 'info' },
} as const satisfies Record<string, Setting>;

type Name = keyof typeof settingsTable;

/** What the environment says, for {@link ApiServerOptions} and the log. */
export type Settings = Omit<ApiServerOptions, 'client' | 'logger' | 'now'> & { readonly logLevel: LogLevel };

/** Reads the settings. @throws ApiServerError `INVALID_SETTING` naming the variable, what was expected and what is there. */
export const readSettings = (env: Readonly<Record<string, string | undefined>>): Settings => {
  // A manifest that sets a variable to nothing means that it is not set.
  const text = (name: Name): string => (env[name] ?? '') || settingsTable[name].otherwise;
  const number = (name: Name, least: number, most: number): number => {
    const value = Number(text(name));
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    return wrong(name, `a whole number from ${least} to ${most}`, text(name));
  };
  const oneOf = <const T extends string>(name: Name, values: readonly T[]): T =>
    values.find((value) => value === text(name)) ?? wrong(name, values.join(', '), text(name));
  const url = (name: Name): string | undefined => {
    if (text(name) === '') return undefined;
    return /^https?:$/.test(URL.parse(text(name))?.protocol ?? '')
      ? text(name)
      : wrong(name, 'an http(s) URL', text(name));
  };

  const podPatch = (name: Name): PodPatch => {
    try {
      const patch: unknown = JSON.parse(text(name));
      if (typeof patch === 'object' && patch !== null && !Array.isArray(patch)) return patch;
    } catch {
      // the same complaint as for JSON that is no object
    }
    return wrong(name, 'a JSON object', text(name));
  };

  const internalUrl = url('DANUBE_INTERNAL_URL');
  return {
    dataDir: text('DANUBE_DATA_DIR'),
    host: text('DANUBE_HOST'),
    port: number('DANUBE_PORT', 0, 65_535),
    ...(internalUrl === undefined ? {} : { internalUrl }),
    namespace: text('DANUBE_NAMESPACE'),
    podOptions: {
      coordinatorImage: text('DANUBE_COORDINATOR_IMAGE'),
      imagePullPolicy: oneOf('DANUBE_IMAGE_PULL_POLICY', ['Always', 'IfNotPresent', 'Never']),
      workspaceSize: text('DANUBE_WORKSPACE_SIZE'),
      allowedSecrets: text('DANUBE_ALLOWED_SECRETS')
        .split(/[\s,]+/)
        .filter((name) => name !== ''),
      shape: oneOf('DANUBE_COORDINATOR_SHAPE', ['containers', 'sidecar']),
      patch: podPatch('DANUBE_POD_PATCH'),
      allowRoot: oneOf('DANUBE_ALLOW_ROOT', ['0', '1']) === '1',
    },
    concurrency: number('DANUBE_CONCURRENCY', 1, 10_000),
    cancelGraceMs: number('DANUBE_CANCEL_GRACE_MS', 0, 3_600_000),
    retry: {
      perJob: number('DANUBE_RETRIES', 0, 100),
      perHour: number('DANUBE_RETRIES_PER_HOUR', 0, 1_000_000),
      startedJobs: oneOf('DANUBE_RETRY_STARTED', ['0', '1']) === '1',
    },
    logLevel: oneOf('DANUBE_LOG_LEVEL', ['debug', 'info', 'warn', 'error']),
  };
};

const wrong = (name: Name, expected: string, got: string): never => {
  throw new ApiServerError(
    'INVALID_SETTING',
    `${name}: expected ${expected}, got ${JSON.stringify(got.slice(0, 100))}`,
  );
};

/** What `--help` prints. */
export const helpText = (): string => {
  const names = Object.entries(settingsTable);
  const width = Math.max(...names.map(([name]) => name.length));
  const lines = names.map(([name, setting]: [string, Setting]) => {
    const { help, otherwise, shown = otherwise } = setting;
    return `  ${name.padEnd(width)}  ${help} [${shown}]`;
  });
  return [
    'danube-api-server: queues jobs, runs them as Kubernetes pods, stores and serves their logs',
    '',
    'Usage: danube-api-server [--help | --version]',
    '',
    'It finds its cluster by KUBECONFIG, inside a pod by its service account, else by ~/.kube/config.',
    'It has no users of its own: whoever reaches it can run programs in its cluster.',
    'Settings are environment variables [default]:',
    '',
    ...lines,
    '',
  ].join('\n');
};
