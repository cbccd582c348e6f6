import { containers } from '@danube/contract/names';
import type { ExecStream, ExecTarget } from '@danube/exec-stream';
import type { KubeClient } from '@danube/k8s-client';
import type { Settings } from '../settings.ts';

/** The way to the worker container. */
export type WorkerConnection = { readonly client: KubeClient; readonly exec: ExecStream; readonly target: ExecTarget };

/** Opens the way to the worker of the own pod, with the credentials of the pod. What it takes is loaded only now. */
export const connectToWorker = async (settings: Settings): Promise<WorkerConnection> => {
  const [{ inClusterConfig, KubeClient }, { ExecStream }] = await Promise.all([
    import('@danube/k8s-client'),
    import('@danube/exec-stream'),
  ]);
  const config = await inClusterConfig({ dir: settings.serviceAccount, env: settings.kubernetes });
  const client = new KubeClient(config, { userAgent: 'danube-coordinator' });
  const namespace = settings.podNamespace ?? client.namespace;
  return {
    client,
    exec: new ExecStream(client),
    target: { namespace, pod: settings.podName, container: containers.worker },
  };
};
