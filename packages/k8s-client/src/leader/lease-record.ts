import type { Lease } from '../resources/models.ts';

/** Who holds a lease, and how long it counts after its last change. */
export type Candidate = { readonly identity: string; readonly leaseDurationMs: number };

/** The lease as it is after `candidate` took or renewed it. Times are for people; nobody decides by them. */
export const heldBy = (lease: Lease, { identity, leaseDurationMs }: Candidate, nowMs: number): Lease => {
  const { spec = {} } = lease;
  const time = microTime(nowMs);
  const mine = spec.holderIdentity === identity;
  return {
    ...lease,
    spec: {
      ...spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      acquireTime: mine ? (spec.acquireTime ?? time) : time,
      renewTime: time,
      leaseTransitions: (spec.leaseTransitions ?? 0) + (mine ? 0 : 1),
    },
  };
};

/** The lease given back: the next candidate need not wait. */
export const released = (lease: Lease, nowMs: number): Lease => ({
  ...lease,
  spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(nowMs) },
});

/** Kubernetes' MicroTime has six digits. */
const microTime = (nowMs: number): string => new Date(nowMs).toISOString().replace('Z', '000Z');
