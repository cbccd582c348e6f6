import { KubeClient, loadConfig } from '@danube/k8s-client';
import { afterAll, beforeAll } from '@jest/globals';

/** The cluster that KUBECONFIG names, for the tests of the surrounding block. */
export const useRealCluster = (): (() => KubeClient) => {
  let client: KubeClient;
  beforeAll(async () => {
    client = new KubeClient(await loadConfig({ env: process.env }));
  });
  afterAll(() => client.close());
  return () => client;
};
