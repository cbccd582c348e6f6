import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Attention } from './attention.ts';

describe('attention', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const sinkTo = (told: string[]) => ({
    acknowledged: ({ stdout, stderr }: { readonly stdout: number; readonly stderr: number }) =>
      void told.push(`${stdout} ${stderr}`),
    watching: () => void told.push('watching'),
  });

  it('is renewed every 3 s, three times in the shortest lease, until the reader goes', () => {
    const told: string[] = [];
    const attached = new Attention().attach(sinkTo(told));
    expect(told).toEqual(['watching']);
    jest.advanceTimersByTime(9_000);
    expect(told).toHaveLength(4);
    attached[Symbol.dispose]();
    jest.advanceTimersByTime(60_000);
    expect(told).toHaveLength(4);
  });

  it('tells acknowledgements of a moment together, and the last of them when the reader goes', () => {
    const told: string[] = [];
    const attention = new Attention();
    const attached = attention.attach(sinkTo(told));
    attention.acknowledge({ stdout: 1 });
    attention.acknowledge({ stdout: 5, stderr: 2 });
    jest.advanceTimersByTime(20);
    attention.acknowledge({ stdout: 9 });
    attached[Symbol.dispose]();
    expect(told).toEqual(['watching', '5 2', '9 2']);
  });

  it('tells the next connection again what was acknowledged, also while there was none', () => {
    const told: string[] = [];
    const attention = new Attention();
    attention.acknowledge({ stdout: 7 });
    jest.advanceTimersByTime(1_000);
    attention.attach(sinkTo(told))[Symbol.dispose]();
    expect(told).toEqual(['7 0', 'watching']);
  });

  it.each([-1, 0.5, Number.NaN])('refuses the offset %d', (stdout) => {
    expect(() => new Attention().acknowledge({ stdout })).toThrow(/stdout: expected an offset/);
  });
});
