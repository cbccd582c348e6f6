import { describe } from '@jest/globals';
import { describeCopy } from '../suites/exec-stream-copy.ts';
import { useSim } from '../suites/use-sim.ts';

describe('a copy on the simulator', () => {
  const client = useSim();

  describe('keeps its contract', () => describeCopy({ client, image: 'local:1', isolated: false }));
});
