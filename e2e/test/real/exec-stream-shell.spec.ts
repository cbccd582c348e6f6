import { describe } from '@jest/globals';
import { describeShell } from '../suites/exec-stream-shell.ts';
import { useRealCluster } from '../suites/use-real-cluster.ts';

describe('a shell on a real node', () => {
  const client = useRealCluster();

  describe('keeps its contract', () =>
    describeShell({
      client,
      kubeconfig: () => process.env['KUBECONFIG'] ?? '',
      image: 'danube.local/busybox:1',
    }));
});
