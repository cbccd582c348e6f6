import { describe } from '@jest/globals';
import { describeCopy } from '../suites/exec-stream-copy.ts';
import { useRealCluster } from '../suites/use-real-cluster.ts';

describe('a copy on a real node', () => {
  const client = useRealCluster();

  describe('keeps its contract', () => describeCopy({ client, image: 'danube.local/busybox:1', isolated: true }));
});
