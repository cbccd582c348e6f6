import { describe, expect, it } from '@jest/globals';
import { isRolledOut } from './wait-for-registry.ts';

const deployment = (status: object) => ({ metadata: { name: 'registry', generation: 2 }, status });

describe('isRolledOut', () => {
  it.each([
    { name: 'nothing there', object: undefined, want: false },
    { name: 'no status yet', object: { metadata: { generation: 1 } }, want: false },
    {
      name: 'only the version before is ready',
      object: deployment({ observedGeneration: 1, updatedReplicas: 1, availableReplicas: 1 }),
      want: false,
    },
    {
      name: 'the new pod is not ready',
      object: deployment({ observedGeneration: 2, updatedReplicas: 1, availableReplicas: 0 }),
      want: false,
    },
    {
      name: 'the new pod is ready',
      object: deployment({ observedGeneration: 2, updatedReplicas: 1, availableReplicas: 1 }),
      want: true,
    },
  ])('is $want with $name', ({ object, want }) => {
    expect(isRolledOut(object)).toBe(want);
  });
});
