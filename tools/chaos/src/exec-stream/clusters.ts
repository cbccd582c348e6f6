import { clusterStatus, restartComponent, type Settings, settingsOf } from '@danube/cluster';
import { startClusterSim } from '@danube/cluster-sim';
import { isPodRunning, KubeClient, loadConfig } from '@danube/k8s-client';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChaosError } from '../errors.ts';
import { comesTrue } from '../jobs/comes-true.ts';

/** A cluster with one pod to exec into. */
export interface ChaosCluster extends AsyncDisposable {
  readonly client: KubeClient;
  readonly target: { readonly namespace: string; readonly pod: string; readonly container: string };
  /** Where the API server listens, for the proxy. */
  readonly server: { readonly host: string; readonly port: number };
  /** A file for other programs. */
  readonly kubeconfig: string;
  /** Kills a program of the cluster with -9; it is started again, and usable when this is done. */
  restart(part: 'apiserver' | 'kubelet'): Promise<void>;
}

/** Which cluster. `name` is one of tools/cluster; only it can have its programs killed. */
export interface ClusterChoice {
  readonly on: 'sim' | 'real';
  readonly name: string;
}

/** A directory in the target's container that lives as long as its pod. */
export const CONTROL = '/danube';

/** Starts the simulator, or takes the cluster of KUBECONFIG, and runs a pod in a namespace of its own. */
export async function openCluster({ on, name }: ClusterChoice): Promise<ChaosCluster> {
  await using parts = new AsyncDisposableStack();
  const sim = on === 'sim' ? parts.use(await startClusterSim()) : undefined;
  const kubeconfig = sim && join(sim.dataDir, 'kubeconfig.yaml');
  if (sim && kubeconfig) await writeFile(kubeconfig, sim.kubeconfig());
  const settings = settingsOf({ name }, process.env);
  const client = parts.use(new KubeClient(await loadConfig(kubeconfig === undefined ? {} : { kubeconfig })));
  const namespace = `chaos-${randomUUID().slice(0, 8)}`;
  await client.namespaces().ensure(namespace);
  parts.defer(() => client.namespaces().delete(namespace));
  await client.pods(namespace).create(pod(sim ? 'local:1' : 'danube.local/busybox:1'));
  await client.pods(namespace).waitFor('target', isPodRunning, { timeoutMs: 60_000 });
  const { url } = await client.upgradeRequest({ path: '/' });
  const all = parts.move();
  return {
    client,
    target: { namespace, pod: 'target', container: 'worker' },
    server: { host: url.hostname, port: Number(url.port) },
    kubeconfig: kubeconfig ?? process.env['KUBECONFIG'] ?? '',
    async restart(part) {
      if (sim && part === 'kubelet') sim.disturb.loseKubelet();
      else if (sim) await sim.disturb.restartApiServer({ downMs: 300 });
      else await restartOnNode(settings, part);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const COME_BACK_LIMIT_MS = 60_000;

async function restartOnNode(settings: Settings, part: string): Promise<void> {
  await restartComponent(settings, part);
  const isBack = await comesTrue(COME_BACK_LIMIT_MS, async () => {
    const { state } = await clusterStatus(settings).catch(() => ({ state: 'dead' }));
    return state === 'usable';
  });
  if (!isBack) throw new ChaosError(`the cluster did not come back within ${COME_BACK_LIMIT_MS} ms`);
}

const pod = (image: string) => ({
  metadata: { name: 'target' },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'worker',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done'],
        volumeMounts: [{ name: 'control', mountPath: CONTROL }],
      },
    ],
    volumes: [{ name: 'control', emptyDir: {} }],
  },
});
