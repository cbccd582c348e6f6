import { describe, expect, it } from '@jest/globals';
import { ClusterClock } from './cluster-clock.ts';

const pod = (creationTimestamp: string) => ({ metadata: { creationTimestamp } });

describe('the clock of the cluster', () => {
  it('goes on from the creation of the newest pod, whatever the clock of this machine says', () => {
    let ticksMs = 5_000;
    const clock = new ClusterClock(() => ticksMs);
    clock.see(pod('2031-01-01T10:00:00Z'));
    ticksMs += 2_500;
    expect(new Date(clock.nowMs()).toISOString()).toBe('2031-01-01T10:00:02.500Z');
    clock.see(pod('2031-01-01T09:00:00Z'));
    expect(new Date(clock.nowMs()).toISOString()).toBe('2031-01-01T10:00:02.500Z');
    clock.see(pod('2031-01-01T10:00:03Z'));
    expect(new Date(clock.nowMs()).toISOString()).toBe('2031-01-01T10:00:03.000Z');
  });
});
