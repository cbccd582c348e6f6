import { describe } from '@jest/globals';
import { describeCoordinatorAlone } from '../suites/coordinator.ts';
import { useRealCluster } from '../suites/use-real-cluster.ts';

describe('the coordinator on a real node', () => {
  const client = useRealCluster();
  describe('without an api-server', () => describeCoordinatorAlone({ client, image: 'danube.local/busybox:1' }));
});
