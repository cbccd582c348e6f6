import { describe, expect, it } from '@jest/globals';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { json, startServer } from '../../test/support/test-server.ts';
import { KubeClient } from '../kube-client.ts';
import { TokenBucket } from './token-bucket.ts';

describe('TokenBucket', () => {
  it('lets a burst through at once, the rest at the rate, and fills up again', () => {
    const clock = fakeClock();
    const bucket = new TokenBucket({ perSecond: 10, burst: 2 }, clock);
    expect([1, 2, 3, 4].map(() => bucket.reserve())).toEqual([0, 0, 100, 200]);
    clock.advance(10_000);
    expect([1, 2, 3].map(() => bucket.reserve())).toEqual([0, 0, 100]);
  });

  it('refuses limits that let nothing through', () => {
    expect(() => new TokenBucket({ perSecond: 0, burst: 1 }, fakeClock())).toThrow('rateLimit.perSecond');
    expect(() => new TokenBucket({ perSecond: 1, burst: 0 }, fakeClock())).toThrow('rateLimit.burst');
  });
});

describe('the rate limit of a client', () => {
  it('delays calls, and fails one within its time when there is no place in it', async () => {
    await using server = await startServer((_request, response) => json(response, {}));
    const clock = fakeClock();
    await using client = new KubeClient({ server: server.url }, { clock, rateLimit: { perSecond: 1, burst: 1 } });
    await client.version();
    await client.version();
    expect(clock.slept).toEqual([1000]);
    const late = client.version({ timeoutMs: 500 });
    await expect(late).rejects.toMatchObject({ code: 'Timeout', phase: 'queue', sent: false, maybeApplied: false });
    expect(server.seen).toHaveLength(2);
    // The places of the one that gave up are free again: the next waits for what is left of its second.
    const gaveUpAfterMs = clock.slept.slice(1).reduce((sum, ms) => sum + ms, 0);
    expect(gaveUpAfterMs).toBeLessThan(500);
    await client.version();
    expect(clock.slept.at(-1)).toBeCloseTo(1000 - gaveUpAfterMs);
  });
});
