import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COORDINATOR_IMAGE, JOBS_NAMESPACE } from '@danube/contract/names';
import type { Pipeline } from '@danube/contract';
import type { KubeClient } from '@danube/k8s-client';
import { CliError, messageOf } from '../errors.ts';
import { type Io, write } from '../io.ts';
import { localSecrets } from './local-secrets.ts';

/** A whole Danube in this process. Disposing of it ends every process it started and removes every file it wrote. */
export type LocalMode = AsyncDisposable & { readonly url: URL };

/** Account of the coordinators; the same as on a cluster. */
const account = 'danube-coordinator';

/**
 * Starts Danube in this process: a simulated cluster whose containers are local processes, and the real api-server, which
 * creates pods on it. The coordinators are processes of their own, as in a pod. Everything listens on loopback, on free
 * ports; all files are in one temporary directory. The parts are loaded only now, all at once.
 *
 * Secrets of the pipeline are taken from the environment, each from the variable of its name.
 *
 * @throws CliError MissingSecret when such a variable is not set.
 * @throws CliError LocalModeFailed when this machine does not allow it. Nothing is left then.
 */
export const startLocalMode = async (
  io: Pick<Io, 'stderr' | 'env' | 'stop' | 'compileCache'>,
  pipeline: Pipeline,
): Promise<LocalMode> => {
  const secrets = localSecrets(pipeline, io.env);
  await write(io.stderr, notice);
  const parts = new AsyncDisposableStack();
  const coordinatorEnv = io.compileCache === undefined ? {} : { NODE_COMPILE_CACHE: io.compileCache };
  try {
    const [{ startClusterSim }, { KubeClient }, { startApiServer }, { coordinatorCommand }] = await Promise.all([
      import('@danube/cluster-sim'),
      import('@danube/k8s-client'),
      import('@danube/api-server'),
      import('@danube/coordinator'),
    ]);
    const cluster = parts.use(
      await startClusterSim({
        images: { [COORDINATOR_IMAGE]: { command: coordinatorCommand(), env: coordinatorEnv } },
        ...(io.env['PATH'] === undefined ? {} : { path: io.env['PATH'] }),
      }),
    );
    // There is nobody else's secret in this cluster.
    const podOptions = { allowedSecrets: ['*'] };
    const { url: server, caPem, token, dataDir } = cluster;
    const client = parts.use(new KubeClient({ server, caPem, token, source: 'local mode' }));
    await prepare(client);
    for (const secret of secrets) await client.secrets(JOBS_NAMESPACE).create(secret);
    const api = parts.use(
      await startApiServer({ host: '127.0.0.1', port: 0, dataDir: join(dataDir, 'api-server'), client, podOptions }),
    );
    io.stop.throwIfAborted();
    return { url: new URL(api.url), [Symbol.asyncDispose]: () => parts.disposeAsync() };
  } catch (error) {
    await parts.disposeAsync();
    if (error === io.stop.reason) throw error;
    throw failure(error);
  }
};

const failure = (error: unknown): CliError => {
  const unwritable = (error as { code?: unknown } | undefined)?.code === 'DATA_DIR_UNUSABLE';
  return unwritable
    ? new CliError('LocalModeFailed', `local mode cannot write to ${tmpdir()}`, {
        cause: error,
        hint: 'set TMPDIR to a directory that you can write to',
      })
    : new CliError('LocalModeFailed', `local mode cannot start: ${messageOf(error)}`, { cause: error });
};

const notice = 'Local mode, no isolation: the steps run as your own processes on this machine.\n';

/** What an administrator prepares on a cluster: the namespace of the jobs, and the account of their coordinators. */
const prepare = async (client: KubeClient): Promise<void> => {
  await client.namespaces().ensure(JOBS_NAMESPACE);
  await client.serviceAccounts(JOBS_NAMESPACE).create({ metadata: { name: account, namespace: JOBS_NAMESPACE } });
};
