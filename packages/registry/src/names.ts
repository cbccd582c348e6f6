/** Namespace of Danube's own services. */
export const SYSTEM_NAMESPACE = 'danube-system';
/** Namespace of job pods. */
export const JOBS_NAMESPACE = 'danube-jobs';
/** Name of the registry's Deployment, Service and account. */
export const REGISTRY_NAME = 'registry';
/** Port of the registry, in the pod and of the Service. */
export const REGISTRY_PORT = 5000;
/** Port of the metrics, in the pod only. */
export const METRICS_PORT = 5001;
/** User of the registry's process, and owner of its volume. */
export const REGISTRY_UID = 65532;
/** Where the images lie in the pod. */
export const DATA_PATH = '/var/lib/registry';
/** Directory of the configuration in the pod. */
export const CONFIG_PATH = '/etc/danube/registry';

/** Name of the claim that holds the images. It is not deleted with the rest. */
export const DATA_CLAIM = 'registry-data';
/** Name of the volume that is pinned to a node. */
export const DATA_VOLUME = 'danube-registry-data';
/** Name of the Secret with `http-secret`: with another one, uploads do not survive a restart of the registry. */
export const HTTP_SECRET = 'registry-http';
/** Owner of what is applied. */
export const FIELD_MANAGER = 'danube-registry';

/** Labels that select the registry's pod. */
export const registrySelector = {
  'app.kubernetes.io/name': 'registry',
  'app.kubernetes.io/component': 'registry',
} as const;
/** Labels of everything of the registry. */
export const registryLabels = {
  ...registrySelector,
  'app.kubernetes.io/part-of': 'danube',
  'app.kubernetes.io/managed-by': 'danube',
} as const;
