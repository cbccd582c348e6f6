import { describe } from '@jest/globals';
import { describeJobPodLifecycle } from '../suites/job-pod-lifecycle.ts';
import { useSim } from '../suites/use-sim.ts';

describe('job pods on the simulator', () => {
  const client = useSim();
  // Its containers are plain processes: nothing counts their memory or files, or probes them; every image is there.
  const cannot = ['out-of-memory', 'workspace-full', 'startup-probes', 'image-store'] as const;
  describe('through their life', () => describeJobPodLifecycle({ client, image: 'local:1', cannot }));
});
