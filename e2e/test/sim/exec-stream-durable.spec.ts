import { describe, jest } from '@jest/globals';
import { describeDurable } from '../suites/exec-stream-durable.ts';
import { useSim } from '../suites/use-sim.ts';

// A lease lasts ten seconds at least.
jest.setTimeout(60_000);

describe('durable runs on the simulator', () => {
  const client = useSim();

  describe('keep their contract', () => describeDurable({ client, image: 'local:1' }));
});
