import { describe, expect, it } from '@jest/globals';
import { compare } from './compare.ts';
import { BenchError } from './errors.ts';
import { median, medianInterval } from './statistics.ts';

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])('of %j is %d', (values, want) => {
    expect(median(values)).toBe(want);
  });

  it('has an interval that holds it and is narrow for values that agree', () => {
    let state = 1;
    const random = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
    const [low, high] = medianInterval([1, 1.1, 0.9, 1, 1.05, 0.95, 1], random);
    expect(low).toBeGreaterThanOrEqual(0.9);
    expect(high).toBeLessThanOrEqual(1.1);
    expect(low).toBeLessThanOrEqual(1);
    expect(high).toBeGreaterThanOrEqual(1);
  });
});

describe('compare', () => {
  const order: string[] = [];
  const contender = (name: string, rate: number) => ({
    name,
    run: async () => {
      order.push(name);
      return { rate };
    },
  });

  it('takes turns and judges the ratio by its target', async () => {
    order.length = 0;
    const figures = await compare(
      {
        id: 'X1',
        rounds: 2,
        subject: contender('a', 20),
        reference: contender('b', 10),
        metrics: { rate: { atLeast: 3 } },
      },
      () => undefined,
    );
    expect(order).toEqual(['a', 'b', 'b', 'a']);
    expect(figures).toEqual([
      {
        id: 'X1',
        metric: 'rate',
        subject: 'a',
        reference: 'b',
        ratio: 2,
        values: [20, 10],
        interval: [2, 2],
        target: '>= 3',
        verdict: 'missed',
      },
    ]);
  });

  it('says what was missing instead of making up a figure', async () => {
    const missing = { name: 'b', run: () => Promise.reject(new BenchError('ReferenceMissing', 'no Go here')) };
    const figures = await compare(
      { id: 'X1', rounds: 2, subject: contender('a', 1), reference: missing, metrics: { rate: { atMost: 1 } } },
      () => undefined,
    );
    expect(figures).toMatchObject([{ ratio: null, verdict: 'not-measured', why: 'no Go here' }]);
  });
});
