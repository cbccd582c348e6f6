import { coordinatorCommand } from '@danube/coordinator';
import { describe } from '@jest/globals';
import { describeCoordinatorAlone } from '../suites/coordinator.ts';
import { useSim } from '../suites/use-sim.ts';

describe('the coordinator on the simulator', () => {
  const client = useSim({ 'danube-coordinator:latest': { command: coordinatorCommand() } });
  // Its containers are plain processes: nothing counts their memory.
  const cannot = ['out-of-memory'] as const;
  describe('without an api-server', () => describeCoordinatorAlone({ client, image: 'worker', cannot }));
});
