import { KubeClient, loadConfig } from '@danube/k8s-client';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeK8sClient } from '../suites/k8s-client.ts';

describe('the Kubernetes client on a real node', () => {
  let client: KubeClient;

  beforeAll(async () => {
    client = new KubeClient(await loadConfig());
  });
  afterAll(() => client.close());

  // In a block of its own, so that it cleans up before the client closes.
  describe('keeps its contract', () =>
    describeK8sClient({
      client: () => client,
      image: 'danube.local/busybox:1',
    }));
});
