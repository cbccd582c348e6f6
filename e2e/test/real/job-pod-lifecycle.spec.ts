import { KubeClient, loadConfig } from '@danube/k8s-client';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeJobPodLifecycle } from '../suites/job-pod-lifecycle.ts';

describe('job pods on a real node', () => {
  let client: KubeClient;

  beforeAll(async () => {
    client = new KubeClient(await loadConfig({ env: process.env }));
  });
  afterAll(() => client.close());

  // In a block of its own, so that it cleans up before the client closes.
  describe('through their life', () =>
    describeJobPodLifecycle({ client: () => client, image: 'danube.local/busybox:1' }));
});
