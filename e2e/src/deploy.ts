import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeClient } from '@danube/k8s-client';

/** Runs the kubectl that belongs to the cluster. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

const deployDir = join(import.meta.dirname, '../../deploy');

/** Deploys the api-server as a user would, and waits until it is ready. */
export const deployDanube = async (client: KubeClient, kubectl: Kubectl, dataDir: string): Promise<void> => {
  await provideVolume(client, kubectl, dataDir);

  await kubectl(['apply', '-f', join(deployDir, 'jobs-namespace.yaml')]);
  await kubectl(['apply', '-f', join(deployDir, 'api-server.yaml')]);
  await kubectl(['-n', 'danube-system', 'rollout', 'status', 'deployment/danube-api', '--timeout=120s']);
};

/** A cluster without dynamic provisioning needs a volume for the api-server's claim. */
const provideVolume = async (client: KubeClient, kubectl: Kubectl, dataDir: string): Promise<void> => {
  const { items } = await client.request<{ items: unknown[] }>({
    method: 'GET',
    path: '/apis/storage.k8s.io/v1/storageclasses',
  });
  if (items.length > 0) return;
  await mkdir(dataDir, { recursive: true });
  await chmod(dataDir, 0o777); // the api-server's user on the node is not known here
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'danube-e2e' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '20Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: dataDir },
    },
  };
  await kubectl(['apply', '-f', '-'], JSON.stringify(volume));
};
