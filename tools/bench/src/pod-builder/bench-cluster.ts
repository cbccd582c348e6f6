import type { KubeClient as Client, Pod } from '@danube/k8s-client';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchError } from '../errors.ts';

// Loaded as the programs of this tool load it, where the import is what is measured.
const { isNotFound, KubeClient, loadConfig } = await import('@danube/k8s-client');

/** An image that clusters of tools/cluster have; `BENCH_IMAGE` names another one with a shell. */
export const image = process.env['BENCH_IMAGE'] ?? 'danube.local/busybox:1';

/** What keeps a container there until it is told to end, as in the worker of a job pod. */
export const idle = "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done";

/** A namespace of its own in the cluster of `KUBECONFIG`. */
export class BenchCluster implements AsyncDisposable {
  readonly client: Client;
  readonly namespace: string;

  private constructor(client: Client, namespace: string) {
    this.client = client;
    this.namespace = namespace;
  }

  /** @throws BenchError `ReferenceMissing` without a cluster */
  static async open(env: Readonly<Record<string, string | undefined>> = process.env): Promise<BenchCluster> {
    if (!env['KUBECONFIG']) throw new BenchError('ReferenceMissing', 'KUBECONFIG names no cluster');
    const client = new KubeClient(await loadConfig({ env }));
    const namespace = `bench-${randomUUID().slice(0, 8)}`;
    await client.namespaces().ensure(namespace);
    await accountIsThere(client, namespace);
    return new BenchCluster(client, namespace);
  }

  /** A pod with one container. */
  pod(script = idle): Pod {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: newName(), namespace: this.namespace },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        containers: [{ name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['/bin/sh', '-c', script] }],
      },
    };
  }

  /** Deletes a pod and waits until it is gone. Gives the seconds that this took. */
  async deleteAndWait(name: string, gracePeriodSeconds?: number): Promise<number> {
    const pods = this.client.pods(this.namespace);
    const startedMs = performance.now();
    await pods.delete(name, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds });
    await pods.waitFor(name, (pod) => pod === undefined, { timeoutMs: 60_000 });
    return secondsSince(startedMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.namespaces().delete(this.namespace);
    await this.client.close();
  }
}

/** A name that no pod has had. */
export const newName = (): string => `bench-${randomUUID().slice(0, 8)}`;

/** Seconds since a moment of `performance.now()`. */
export const secondsSince = (startedMs: number): number => (performance.now() - startedMs) / 1000;

// A pod of a new namespace is refused until its service account is there.
const accountIsThere = async (client: Client, namespace: string): Promise<void> => {
  for (const untilMs = performance.now() + 30_000; performance.now() < untilMs;) {
    try {
      await client.serviceAccounts(namespace).get('default');
      return;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    await sleep(50);
  }
};
