import { failures } from '../api/api-status.ts';
import { known } from '../api/kinds.ts';
import { randomSuffix, refOf } from '../store/metadata.ts';
import type { Store } from '../store/store.ts';
import type { ContainerSpec, Pod, VolumeSpec } from './pod-types.ts';

/** Where client libraries look for their credentials inside a pod. */
export const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

const tokenVolume = (name: string): VolumeSpec => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
    defaultMode: 420,
  },
});

/**
 * What the ServiceAccount admission plugin does: the account must exist, and its token is mounted unless the pod or the
 * account says no.
 * @throws ApiStatus 403 when there is no such account.
 */
export const withServiceAccount = (pod: Pod, store: Store): Pod => {
  const { namespace } = pod.metadata;
  const accountName = pod.spec.serviceAccountName ?? 'default';
  const account = store.get(known.serviceAccounts, namespace, accountName);
  if (account === undefined) {
    throw failures.forbidden(
      refOf(known.pods, pod.metadata.name),
      `error looking up service account ${namespace ?? ''}/${accountName}: serviceaccount "${accountName}" not found`,
    );
  }
  const wanted = pod.spec.automountServiceAccountToken ?? account['automountServiceAccountToken'] ?? true;
  if (wanted !== true) return pod;
  const volume = `kube-api-access-${randomSuffix()}`;
  const mounted = (container: ContainerSpec): ContainerSpec => {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some((mount) => mount.mountPath === SERVICE_ACCOUNT_DIR)) return container;
    return {
      ...container,
      volumeMounts: [...mounts, { name: volume, readOnly: true, mountPath: SERVICE_ACCOUNT_DIR }],
    };
  };
  const { spec } = pod;
  return {
    ...pod,
    spec: {
      ...spec,
      volumes: [...(spec.volumes ?? []), tokenVolume(volume)],
      containers: spec.containers.map(mounted),
      ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(mounted) }),
    },
  };
};
