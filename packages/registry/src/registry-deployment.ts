import type { Container, Deployment, PodSpec, SecurityContext } from '@danube/k8s-client';
import {
  CONFIG_PATH,
  DATA_PATH,
  HTTP_SECRET,
  METRICS_PORT,
  REGISTRY_NAME,
  REGISTRY_PORT,
  REGISTRY_UID,
  registryLabels,
  registrySelector,
} from './names.ts';
import type { NormalRegistryOptions } from './registry-options.ts';
import { dataVolume, ownerFix } from './registry-storage.ts';

/** The Deployment: one replica, replaced and never doubled, because two processes must not write one filesystem. */
export const registryDeployment = (options: NormalRegistryOptions, configMap: string): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: REGISTRY_NAME, namespace: options.namespace, labels: registryLabels },
  spec: {
    replicas: 1,
    strategy: recreate,
    selector: { matchLabels: registrySelector },
    template: { metadata: { labels: registryLabels }, spec: registryPodSpec(options, configMap) },
  },
});

/** Without the null, a Deployment that was made as a rolling one keeps that part, and the server refuses the change. */
const recreate = { type: 'Recreate', rollingUpdate: null } as unknown as DeploymentStrategy;
type DeploymentStrategy = NonNullable<NonNullable<Deployment['spec']>['strategy']>;

/** Endpoints forget the pod before it stops to accept; then it drains, and there is some time left. */
const PRE_STOP_SECONDS = 5;
const SPARE_SECONDS = 10;

const registryPodSpec = (options: NormalRegistryOptions, configMap: string): PodSpec => ({
  serviceAccountName: REGISTRY_NAME,
  automountServiceAccountToken: false,
  // A Service named registry would set REGISTRY_PORT=tcp://…, which the registry reads as its own configuration.
  enableServiceLinks: false,
  terminationGracePeriodSeconds: PRE_STOP_SECONDS + options.drainSeconds + SPARE_SECONDS,
  ...(options.priorityClassName === undefined ? {} : { priorityClassName: options.priorityClassName }),
  securityContext: {
    runAsNonRoot: true,
    runAsUser: REGISTRY_UID,
    runAsGroup: REGISTRY_UID,
    fsGroup: REGISTRY_UID,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  },
  initContainers: [...ownerFix(options), storageCheck(options)],
  containers: [registryContainer(options)],
  volumes: [{ name: 'config', configMap: { name: configMap } }, dataVolume(options.storage)],
});

const confined: SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/**
 * A volume that cannot be written makes the registry answer 500 without a word in its log: this says it at once. The file
 * is empty, so that a full disk does not keep the registry from starting: pulls work on it.
 */
const storageCheck = ({ image, imagePullPolicy }: NormalRegistryOptions): Container => ({
  name: 'check-storage',
  image,
  imagePullPolicy,
  command: [
    'sh',
    '-c',
    `f=${DATA_PATH}/.danube-write-check; (: >$f) && rm $f || { echo "${DATA_PATH} is not writable by uid $(id -u)"; exit 1; }`,
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
      valueFrom: { secretKeyRef: { name: HTTP_SECRET, key: 'http-secret' } },
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
  lifecycle: { preStop: { exec: { command: ['sleep', String(PRE_STOP_SECONDS)] } } },
  securityContext: confined,
});

// Answers 200 without credentials.
const probe = { path: '/', port: REGISTRY_PORT };
