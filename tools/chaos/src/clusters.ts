import { startClusterSim } from '@danube/cluster-sim';
import { isPodRunning, KubeClient, loadConfig } from '@danube/k8s-client';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A cluster with one pod to exec into. */
export interface ChaosCluster extends AsyncDisposable {
  readonly client: KubeClient;
  readonly target: { readonly namespace: string; readonly pod: string; readonly container: string };
  /** Where the API server listens, for the proxy. */
  readonly server: { readonly host: string; readonly port: number };
}

/** A directory in the target's container that lives as long as its pod. */
export const CONTROL = '/danube';

/** Starts the simulator, or takes the cluster of KUBECONFIG, and runs a pod in a namespace of its own. */
export async function openCluster(on: 'sim' | 'real'): Promise<ChaosCluster> {
  const sim = on === 'sim' ? await startClusterSim() : undefined;
  const kubeconfig = sim && join(sim.dataDir, 'kubeconfig.yaml');
  if (sim && kubeconfig) await writeFile(kubeconfig, sim.kubeconfig());
  const client = new KubeClient(await loadConfig(kubeconfig === undefined ? {} : { kubeconfig }));
  const namespace = `chaos-${randomUUID().slice(0, 8)}`;
  await client.namespaces().ensure(namespace);
  await client.pods(namespace).create(pod(sim ? 'local:1' : 'danube.local/busybox:1'));
  await client.pods(namespace).waitFor('target', isPodRunning, { timeoutMs: 60_000 });
  const { url } = await client.upgradeRequest({ path: '/' });
  return {
    client,
    target: { namespace, pod: 'target', container: 'worker' },
    server: { host: url.hostname, port: Number(url.port) },
    async [Symbol.asyncDispose]() {
      await client.namespaces().delete(namespace);
      await client.close();
      await sim?.close();
    },
  };
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
