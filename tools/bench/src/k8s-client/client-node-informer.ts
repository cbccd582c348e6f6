import { CoreV1Api, KubeConfig, makeInformer, type V1Pod } from '@kubernetes/client-node';
import { clientNodeConfig } from './client-node-config.ts';

const config = new KubeConfig();
config.loadFromString(clientNodeConfig());
const api = config.makeApiClient(CoreV1Api);

/** An informer of all pods, as its README makes it. */
export const clientNodeInformer = () =>
  makeInformer<V1Pod>(config, '/api/v1/pods', () => api.listPodForAllNamespaces());
