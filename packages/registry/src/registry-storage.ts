import type { Container, PersistentVolume, PersistentVolumeClaim, Volume } from '@danube/k8s-client';
import { DATA_CLAIM, DATA_PATH, DATA_VOLUME, REGISTRY_UID, registryLabels } from './names.ts';
import type { NormalRegistryOptions, NormalStorage } from './registry-options.ts';

type Size = { readonly size: string };

/** The objects that hold the images, in the order in which they are applied. Nothing when somebody else has them. */
export const storageObjects = ({
  namespace,
  storage,
}: NormalRegistryOptions): (PersistentVolume | PersistentVolumeClaim)[] => {
  switch (storage.type) {
    case 'claim':
      return [dataClaim(namespace, storage)];
    case 'node':
      return [nodeVolume(namespace, storage), { ...dataClaim(namespace, storage, DATA_VOLUME) }];
    case 'existing-claim':
    case 'ephemeral':
      return [];
  }
};

/** The pod's volume. Never a hostPath of the pod: on another node it would begin empty. */
export const dataVolume = (storage: NormalStorage): Volume => {
  if (storage.type === 'ephemeral') {
    return { name: 'data', emptyDir: storage.sizeLimit === undefined ? {} : { sizeLimit: storage.sizeLimit } };
  }
  const claimName = storage.type === 'existing-claim' ? storage.claim : DATA_CLAIM;
  return { name: 'data', persistentVolumeClaim: { claimName } };
};

/** The kubelet makes a node's directory root's, and the registry then answers 500 without a word: this makes it the registry's. */
export const ownerFix = ({ storage, image, imagePullPolicy }: NormalRegistryOptions): Container[] =>
  storage.type !== 'node'
    ? []
    : [
        {
          name: 'own-storage',
          image,
          imagePullPolicy,
          command: [
            'sh',
            '-c',
            `[ "$(stat -c %u:%g ${DATA_PATH})" = ${REGISTRY_UID}:${REGISTRY_UID} ] || chown ${REGISTRY_UID}:${REGISTRY_UID} ${DATA_PATH}`,
          ],
          volumeMounts: [{ name: 'data', mountPath: DATA_PATH }],
          securityContext: {
            runAsUser: 0,
            runAsGroup: 0,
            runAsNonRoot: false,
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'], add: ['CHOWN', 'FOWNER', 'DAC_OVERRIDE'] },
          },
          terminationMessagePolicy: 'FallbackToLogsOnError',
        },
      ];

const dataClaim = (
  namespace: string,
  { size, storageClassName }: Size & { readonly storageClassName?: string | undefined },
  volumeName?: string,
): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: DATA_CLAIM, namespace, labels: registryLabels },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: size } },
    ...(volumeName === undefined ? {} : { volumeName, storageClassName: '' }),
    ...(storageClassName === undefined ? {} : { storageClassName }),
  },
});

const nodeVolume = (
  namespace: string,
  { node, path, size }: Extract<NormalStorage, { type: 'node' }>,
): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: DATA_VOLUME, labels: registryLabels },
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: size },
    persistentVolumeReclaimPolicy: 'Retain',
    storageClassName: '',
    claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: DATA_CLAIM },
    hostPath: { path, type: 'DirectoryOrCreate' },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }],
      },
    },
  },
});
