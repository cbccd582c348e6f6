import { describe, expect, it } from '@jest/globals';
import { failWith, json, startServer } from '../../test/support/test-server.ts';
import { until } from '../../test/support/until.ts';
import { KubeClient } from '../kube-client.ts';
import type { Lease } from '../resources/models.ts';
import { LeaderElection, type LeaderElectionOptions } from './leader-election.ts';

/** A server of one lease; `down` makes it fail. */
const start = async () => {
  const state: { lease: Lease | undefined; down: boolean; version: number } = {
    lease: undefined,
    down: false,
    version: 0,
  };
  const server = await startServer(({ method, body }, response) => {
    if (state.down) {
      failWith(response, { code: 403, reason: 'Forbidden' });
      return;
    }
    const sent = body === '' ? undefined : (JSON.parse(body) as Lease);
    if (method === 'GET' && state.lease === undefined) {
      failWith(response, { code: 404, reason: 'NotFound' });
      return;
    }
    if (method === 'POST' && state.lease !== undefined) {
      failWith(response, { code: 409, reason: 'AlreadyExists' });
      return;
    }
    if (method === 'PUT' && sent?.metadata?.resourceVersion !== state.lease?.metadata?.resourceVersion) {
      failWith(response, { code: 409, reason: 'Conflict' });
      return;
    }
    if (sent !== undefined) {
      state.version += 1;
      state.lease = { ...sent, metadata: { ...sent.metadata, resourceVersion: String(state.version) } };
    }
    json(response, state.lease);
  });
  const client = new KubeClient({ server: server.url });
  const candidate = (identity: string, more: Partial<LeaderElectionOptions> = {}) =>
    new LeaderElection(client.leases('ci'), {
      name: 'leader',
      identity,
      leaseDurationMs: 1000,
      renewDeadlineMs: 300,
      retryPeriodMs: 20,
      ...more,
    });
  const stop = async () => {
    await client.close({ graceMs: 100 });
    await server.close();
  };
  return { state, candidate, [Symbol.asyncDispose]: stop };
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });

describe('LeaderElection', () => {
  it('elects one of three, and another one when it steps down, without a wait', async () => {
    await using own = await start();
    const patient = { leaseDurationMs: 10_000, renewDeadlineMs: 8_000 };
    const leading = new Set<string>();
    let most = 0;
    const terms: string[] = [];
    const startedMs = performance.now();
    await Promise.all(
      ['a', 'b', 'c'].map((identity) =>
        own.candidate(identity, patient).run(async () => {
          leading.add(identity);
          most = Math.max(most, leading.size);
          terms.push(identity);
          await new Promise((resolve) => setTimeout(resolve, 50));
          leading.delete(identity);
        }),
      ),
    );
    expect(most).toBe(1);
    expect(terms.toSorted()).toEqual(['a', 'b', 'c']);
    expect(own.state.lease?.spec).toMatchObject({ holderIdentity: '', leaseTransitions: 3 });
    // Given back each time: nobody waited for it to expire.
    expect(performance.now() - startedMs).toBeLessThan(8_000);
  });

  it('renews as long as it leads, and knows who leads', async () => {
    await using own = await start();
    const stop = new AbortController();
    const a = own.candidate('a');
    const running = a.run(untilAborted, stop.signal);
    await until(() => own.state.version > 5);
    expect([a.isLeader(), a.leader]).toEqual([true, 'a']);
    expect(own.state.lease?.spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: 1 });
    stop.abort();
    await running;
    expect([a.isLeader(), own.state.lease?.spec?.holderIdentity]).toEqual([false, '']);
  });

  it('loses leadership before the lease expires for others, when it cannot renew', async () => {
    await using own = await start();
    const errors: unknown[] = [];
    const stop = new AbortController();
    const a = own.candidate('a', { leaseDurationMs: 3000, onError: (error) => errors.push(error) });
    let lostAtMs = 0;
    let downAtMs = 0;
    const running = a.run(async (lost) => {
      own.state.down = true;
      downAtMs = performance.now();
      await untilAborted(lost);
      lostAtMs = performance.now();
      stop.abort();
    }, stop.signal);
    await running;
    expect(lostAtMs - downAtMs).toBeLessThan(2900);
    expect(a.isLeader()).toBe(false);
    expect(errors.length).toBeGreaterThan(0);
  });

  it('takes over from one that died, a lease duration after its last sign of life', async () => {
    await using own = await start();
    // A clock of another machine that is a year ahead: times in the lease must not matter.
    const renewTime = new Date(Date.now() + 31_536_000_000).toISOString();
    const spec = { holderIdentity: 'dead', leaseDurationSeconds: 1, renewTime };
    own.state.lease = { metadata: { name: 'leader', resourceVersion: '0' }, spec };
    const startedMs = performance.now();
    await own.candidate('b').run(async () => undefined);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThanOrEqual(1000);
    expect(tookMs).toBeLessThan(8000);
  });

  it('notices that somebody else took the lease', async () => {
    await using own = await start();
    const stop = new AbortController();
    await own.candidate('a').run(async (lost) => {
      own.state.version += 1;
      const metadata = { name: 'leader', resourceVersion: String(own.state.version) };
      own.state.lease = { metadata, spec: { holderIdentity: 'thief', leaseDurationSeconds: 60 } };
      await untilAborted(lost);
      stop.abort();
    }, stop.signal);
    expect(own.state.lease?.spec?.holderIdentity).toBe('thief');
  });

  it('passes on what its work throws, and gives the lease back', async () => {
    await using own = await start();
    const failing = own.candidate('a').run(() => Promise.reject(new TypeError('work')));
    await expect(failing).rejects.toThrow('work');
    expect(own.state.lease?.spec?.holderIdentity).toBe('');
  });

  it('refuses deadlines that contradict each other', async () => {
    await using own = await start();
    expect(() => own.candidate('a', { renewDeadlineMs: 2000 })).toThrow('renewDeadlineMs');
    expect(() => own.candidate('a', { retryPeriodMs: 400 })).toThrow('retryPeriodMs');
    expect(() => own.candidate('')).toThrow('identity');
  });
});
