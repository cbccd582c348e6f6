import type { Container, Deployment, PodSpec, SecurityContext } from '@danube/k8s-client';
import {
  CONFIG_PATH,
  DATA_PATH,
  METRICS_PORT,
  REGISTRY_NAME,
  REGISTRY_PORT,
  REGISTRY_UID,
  registryLabels,
  registrySelector,
} from './names.ts';
import type { NormalRegistryOptions } from './registry-options.ts';

/** Name of the claim that holds the images. It is not deleted with the rest. */
export const DATA_CLAIM = 'registry-data';
/** Name of the Secret with `http-secret`. Without it the registry makes one up, and uploads do not survive its restart. */
export const HTTP_SECRET = 'registry-http';

/** The Deployment: one replica, replaced and never doubled, because two processes must not write one filesystem. */
export const registryDeployment = (options: NormalRegistryOptions, configMap: string): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: REGISTRY_NAME, namespace: options.namespace, labels: registryLabels },
  spec: {
    replicas: 1,
    strategy: { type: 'Recreate' },
    selector: { matchLabels: registrySelector },
    template: { metadata: { labels: registryLabels }, spec: registryPodSpec(options, configMap) },
  },
});

const registryPodSpec = (options: NormalRegistryOptions, configMap: string): PodSpec => ({
  serviceAccountName: REGISTRY_NAME,
  automountServiceAccountToken: false,
  // A Service named registry would set REGISTRY_PORT=tcp://…, which the registry reads as its own configuration.
  enableServiceLinks: false,
  terminationGracePeriodSeconds: 40,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: REGISTRY_UID,
    runAsGroup: REGISTRY_UID,
    fsGroup: REGISTRY_UID,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  },
  initContainers: [storageCheck(options)],
  containers: [registryContainer(options)],
  volumes: [
    { name: 'config', configMap: { name: configMap } },
    { name: 'data', ...(options.ephemeral ? { emptyDir: {} } : { persistentVolumeClaim: { claimName: DATA_CLAIM } }) },
  ],
});

const confined: SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** A volume that cannot be written makes the registry answer 500 without a word in its log: this says it at once. */
const storageCheck = ({ image, imagePullPolicy }: NormalRegistryOptions): Container => ({
  name: 'check-storage',
  image,
  imagePullPolicy,
  command: [
    'sh',
    '-c',
    `f=${DATA_PATH}/.danube-write-check; echo ok >$f && rm $f || { echo "${DATA_PATH} is not writable by uid $(id -u)"; exit 1; }`,
  ],
  volumeMounts: [{ name: 'data', mountPath: DATA_PATH }],
  securityContext: confined,
  terminationMessagePolicy: 'FallbackToLogsOnError',
});

const registryContainer = ({ image, imagePullPolicy }: NormalRegistryOptions): Container => ({
  name: 'registry',
  image,
  imagePullPolicy,
  command: ['registry', 'serve', `${CONFIG_PATH}/config.yml`],
  env: [
    { name: 'OTEL_TRACES_EXPORTER', value: 'none' },
    {
      name: 'REGISTRY_HTTP_SECRET',
      valueFrom: { secretKeyRef: { name: HTTP_SECRET, key: 'http-secret', optional: true } },
    },
  ],
  ports: [
    { name: 'registry', containerPort: REGISTRY_PORT },
    { name: 'metrics', containerPort: METRICS_PORT },
  ],
  resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
  volumeMounts: [
    { name: 'config', mountPath: CONFIG_PATH, readOnly: true },
    { name: 'data', mountPath: DATA_PATH },
  ],
  startupProbe: { httpGet: probe, periodSeconds: 1, failureThreshold: 60 },
  readinessProbe: { httpGet: probe, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 2 },
  livenessProbe: { httpGet: probe, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 },
  securityContext: confined,
});

// Answers 200 without credentials.
const probe = { path: '/', port: REGISTRY_PORT };
