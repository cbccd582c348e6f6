import { describe } from '@jest/globals';
import { describeJobPodAcceptance } from '../suites/job-pod-acceptance.ts';
import { useRealCluster } from '../suites/use-real-cluster.ts';

describe('job pods before the API server of a real cluster', () => {
  const client = useRealCluster();
  describe('as dry runs', () => describeJobPodAcceptance({ client, runs: 500 }));
});
