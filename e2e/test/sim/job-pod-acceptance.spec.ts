import { describe } from '@jest/globals';
import { describeJobPodAcceptance } from '../suites/job-pod-acceptance.ts';
import { useSim } from '../suites/use-sim.ts';

describe('job pods before the API server of the simulator', () => {
  const client = useSim();
  describe('as dry runs', () => describeJobPodAcceptance({ client, runs: 100 }));
});
