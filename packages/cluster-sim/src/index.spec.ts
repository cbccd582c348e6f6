import { expect, test } from '@jest/globals';
import * as door from './index.ts';

test('the door offers these names and no other', () => {
  expect(Object.keys(door).sort()).toEqual(['SimError', 'startClusterSim']);
});
