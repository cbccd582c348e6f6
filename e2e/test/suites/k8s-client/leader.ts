import { LeaderElection } from '@danube/k8s-client';
import { expect, it } from '@jest/globals';
import { unique, until, type Workplace } from './workplace.ts';

const aMoment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One of several at a time. */
export const describeLeaderElection = ({ client, connect, namespace }: Workplace): void => {
  const leases = () => client().leases(namespace);
  const patient = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 50 };

  it('lets one lead after the other', async () => {
    const name = unique('lead');
    const terms: string[] = [];
    const stand = (identity: string) =>
      new LeaderElection(leases(), { name, identity, ...patient }).run(async () => {
        terms.push(`${identity} begins`);
        await aMoment(100);
        terms.push(`${identity} ends`);
      });
    await Promise.all([stand('x'), stand('y')]);
    const order = terms[0]?.startsWith('x') === true ? ['x', 'y'] : ['y', 'x'];
    expect(terms).toEqual(order.flatMap((identity) => [`${identity} begins`, `${identity} ends`]));
    const { spec } = await leases().get(name);
    expect(spec?.holderIdentity ?? '').toBe('');
  });

  it('renews while it leads, and keeps another out', async () => {
    const name = unique('lead');
    const stop = new AbortController();
    const first = new LeaderElection(leases(), { name, identity: 'first', ...patient });
    const second = new LeaderElection(leases(), { name, identity: 'second', ...patient });
    const untilLost = (lost: AbortSignal) =>
      new Promise<void>((resolve) => {
        lost.addEventListener('abort', () => resolve(), { once: true });
      });
    const leading = first.run(untilLost, stop.signal);
    await until(() => first.isLeader());
    const versions = new Set<string | undefined>();
    const waiting = second.run(untilLost, stop.signal);
    await until(async () => versions.add((await leases().get(name)).metadata?.resourceVersion).size > 3);
    expect([first.isLeader(), second.isLeader()]).toEqual([true, false]);
    expect(second.leader).toBe('first');
    stop.abort();
    await Promise.all([leading, waiting]);
    expect([first.isLeader(), second.isLeader()]).toEqual([false, false]);
  });

  it('is taken over from a leader that fell silent', async () => {
    const name = unique('lead');
    const hasty = { leaseDurationMs: 1_000, renewDeadlineMs: 600, retryPeriodMs: 50 };
    const gone = connect();
    const terms: string[] = [];
    const dead = new LeaderElection(gone.leases(namespace), { name, identity: 'dead', ...hasty });
    const dying = dead.run(async (lost) => {
      terms.push('dead begins');
      // Cut off from the server in the middle of its term: it cannot give the lease back.
      await gone.close({ graceMs: 1 });
      await until(() => lost.aborted);
      terms.push('dead has lost');
      throw new Error('its program ends');
    });
    await until(() => dead.isLeader());
    await new LeaderElection(leases(), { name, identity: 'heir', ...hasty }).run(async () => {
      terms.push('heir begins');
      await aMoment(1);
    });
    await expect(dying).rejects.toThrow('its program ends');
    // The old one knew that it had lost before the new one began.
    expect(terms).toEqual(['dead begins', 'dead has lost', 'heir begins']);
    expect((await leases().get(name)).spec?.leaseTransitions).toBeGreaterThanOrEqual(1);
  }, 20_000);

  it('is lost at once when somebody else has taken the lease', async () => {
    const name = unique('lead');
    const stop = new AbortController();
    const election = new LeaderElection(leases(), { name, identity: 'first', ...patient });
    let lostTerms = 0;
    const running = election.run(async (lost) => {
      await until(() => lost.aborted);
      lostTerms += 1;
    }, stop.signal);
    await until(() => election.isLeader());
    await leases().patch(name, { spec: { holderIdentity: 'thief' } });
    await until(() => lostTerms === 1);
    expect(election.isLeader()).toBe(false);
    stop.abort();
    await running;
    expect((await leases().get(name)).spec?.holderIdentity).toBe('thief');
  });
};
