import { describe } from '@jest/globals';
import { describeJobPodLifecycle } from '../suites/job-pod-lifecycle.ts';
import { useRealCluster } from '../suites/use-real-cluster.ts';

describe('job pods on a real node', () => {
  const client = useRealCluster();
  describe('through their life', () => describeJobPodLifecycle({ client, image: 'danube.local/busybox:1' }));
});
