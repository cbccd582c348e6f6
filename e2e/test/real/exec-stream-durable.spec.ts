import { describe } from '@jest/globals';
import { describeDurable } from '../suites/exec-stream-durable.ts';
import { useRealCluster } from '../suites/use-real-cluster.ts';

describe('durable runs on a real node', () => {
  const client = useRealCluster();

  describe('keep their contract', () => describeDurable({ client, image: 'danube.local/busybox:1' }));
});
