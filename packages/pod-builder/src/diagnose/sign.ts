import type { containers } from '@danube/contract/names';
import { type ContainerFacts, containerOf, type EventFacts, type PodFacts, timeMs } from './pod-facts.ts';

/** Where in a pod a kind of trouble shows, as data. `says` narrows by the words Kubernetes uses. */
export type Sign =
  | ContainerSign
  | { readonly in: 'status'; readonly reasons: readonly string[]; readonly says?: RegExp }
  | {
      readonly in: 'condition';
      readonly type: string;
      readonly status: 'True' | 'False';
      readonly reasons: readonly string[];
      /** Seen only once the pod is being ended: until then the condition announces something that may not happen. */
      readonly ending?: boolean;
    }
  /** Events are looked at only while the pod starts: afterwards they are history. */
  | { readonly in: 'event'; readonly reasons: readonly string[]; readonly says?: RegExp }
  | { readonly in: 'deletion'; readonly state: 'done' | 'unconfirmed' }
  | { readonly in: 'start' }
  | { readonly in: 'end' };

/** A sign in the state of a container. */
type ContainerSign = {
  readonly in: 'waiting' | 'terminated';
  /** Empty: any reason. */
  readonly reasons: readonly string[];
  /** Unset: any container of the pod. */
  readonly container?: keyof typeof containers;
  readonly says?: RegExp;
  /** Seen only from this many restarts on. */
  readonly restarts?: number;
};

/** A sign that was found: since when, in whose words, and the line that proves it. */
export type Sighting = {
  readonly sinceMs: number;
  /** What Kubernetes says about it; may be empty. */
  readonly words: string;
  readonly evidence: string;
  readonly container?: ContainerFacts;
};

/** Looks for a sign; undefined when it is not there. */
export const seek = (sign: Sign, facts: PodFacts): Sighting | undefined => {
  switch (sign.in) {
    case 'waiting':
      return first(facts.containers, (container) => seekWaiting(sign, container, facts));
    case 'terminated':
      return first(facts.containers, (container) => seekTerminated(sign, container, facts));
    case 'status':
      return seekStatus(sign, facts);
    case 'condition':
      return seekCondition(sign, facts);
    case 'event':
      return hasStarted(facts) ? undefined : seekEvent(sign, facts);
    case 'deletion':
      return sign.state === 'done' ? seekDeleted(facts) : seekUnconfirmed(facts);
    case 'start':
      return seekSlowStart(facts);
    case 'end':
      return seekEnd(facts);
  }
};

/** Whether both containers have run, or run now. */
export const hasStarted = (facts: PodFacts): boolean =>
  (['coordinator', 'worker'] as const).every((name) => {
    const state = containerOf(facts, name)?.state;
    return state?.running !== undefined || state?.terminated !== undefined;
  });

type Of<In extends Sign['in']> = Extract<Sign, { in: In }>;

const seekWaiting = (sign: ContainerSign, container: ContainerFacts, facts: PodFacts): Sighting | undefined => {
  const { waiting } = container.state;
  if (waiting === undefined || !concerns(sign, container) || !listed(sign, waiting.reason)) return undefined;
  const failed = failedEvents(facts, container);
  const words = waiting.message ?? failed.at(-1)?.message ?? '';
  // Before Kubernetes 1.31 a back-off does not say what failed; the event does.
  if (
    sign.says !== undefined &&
    ![words, ...failed.map(({ message }) => message)].some((text) => sign.says?.test(text))
  )
    return undefined;
  return {
    // A waiting state has no time of its own: the first failure is an event, and nothing fails before it is scheduled.
    sinceMs: failed[0]?.firstMs ?? facts.scheduledMs ?? facts.createdMs,
    words,
    evidence: line(`container ${container.name} waits`, waiting.reason, words),
    container,
  };
};

const failedEvents = (facts: PodFacts, { image }: ContainerFacts): EventFacts[] =>
  facts.events.filter(({ reason, message }) => reason === 'Failed' && image !== '' && message.includes(image));

const seekTerminated = (sign: ContainerSign, container: ContainerFacts, facts: PodFacts): Sighting | undefined => {
  const { terminated } = container.state;
  if (terminated === undefined || !concerns(sign, container) || !listed(sign, terminated.reason)) return undefined;
  if (container.isSidecar && !isEnding(facts)) return undefined;
  const words = terminated.message ?? '';
  if (sign.says?.test(words) === false) return undefined;
  return {
    sinceMs: timeMs(terminated.finishedAt) ?? facts.nowMs,
    words: terminated.reason === 'StartError' ? words : '',
    evidence: line(`container ${container.name} ended with exit code ${terminated.exitCode}`, terminated.reason, words),
    container,
  };
};

const seekStatus = (sign: Of<'status'>, { pod, nowMs }: PodFacts): Sighting | undefined => {
  const { reason, message = '' } = pod.status ?? {};
  if (reason === undefined || !sign.reasons.includes(reason) || sign.says?.test(message) === false) return undefined;
  return { sinceMs: nowMs, words: message, evidence: line('pod status', reason, message) };
};

const seekCondition = (sign: Of<'condition'>, facts: PodFacts): Sighting | undefined => {
  if (sign.ending === true && !isEnding(facts)) return undefined;
  const found = facts.conditions.find(
    ({ type, status, reason = '' }) => type === sign.type && status === sign.status && sign.reasons.includes(reason),
  );
  if (found === undefined) return undefined;
  return {
    sinceMs: timeMs(found.lastTransitionTime) ?? facts.createdMs,
    words: found.message ?? '',
    evidence: line(`condition ${found.type}=${found.status}`, found.reason, found.message),
  };
};

const seekEvent = (sign: Of<'event'>, facts: PodFacts): Sighting | undefined => {
  const found = facts.events.filter(
    ({ reason, message }) => sign.reasons.includes(reason) && sign.says?.test(message) !== false,
  );
  const [oldest] = found;
  const newest = found.at(-1);
  if (oldest === undefined || newest === undefined) return undefined;
  return { sinceMs: oldest.firstMs, words: newest.message, evidence: line('event', newest.reason, newest.message) };
};

const seekDeleted = (facts: PodFacts): Sighting | undefined => {
  const ended = containerOf(facts, 'coordinator')?.state.terminated !== undefined;
  if (!facts.gone && !(facts.deletionMs !== undefined && ended)) return undefined;
  const { deletionTimestamp } = facts.pod.metadata ?? {};
  const evidence =
    deletionTimestamp === undefined ? 'the pod is not in the cluster' : `deleted at ${deletionTimestamp}`;
  // Not from `deletionTimestamp` on: that is when the grace ends, and the coordinator is gone already.
  return { sinceMs: facts.nowMs, words: '', evidence };
};

const seekUnconfirmed = ({ deletionMs, pod, gone }: PodFacts): Sighting | undefined => {
  if (deletionMs === undefined || gone) return undefined;
  const node = pod.spec?.nodeName;
  // Never bound to a node: nobody has to confirm anything, the pod is kept by a finalizer.
  return node === undefined
    ? undefined
    : { sinceMs: deletionMs, words: '', evidence: `node ${node} has not confirmed the deletion` };
};

const seekSlowStart = (facts: PodFacts): Sighting | undefined => {
  // A pod that the scheduler has looked at and not placed has its own rows, and more time.
  const unplaced = facts.conditions.some(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unplaced || hasStarted(facts) || facts.phase === 'Failed' || facts.phase === 'Succeeded') return undefined;
  const states = facts.containers.map(({ name, state }) => `${name}: ${state.waiting?.reason ?? 'no state yet'}`);
  return { sinceMs: facts.scheduledMs ?? facts.createdMs, words: '', evidence: states.join(', ') };
};

const seekEnd = (facts: PodFacts): Sighting | undefined =>
  facts.phase === 'Failed' || facts.phase === 'Succeeded'
    ? {
        sinceMs: facts.nowMs,
        words: facts.pod.status?.message ?? '',
        evidence: line(`phase ${facts.phase}`, facts.pod.status?.reason, facts.pod.status?.message),
      }
    : undefined;

const isEnding = (facts: PodFacts): boolean =>
  facts.gone || facts.deletionMs !== undefined || facts.phase === 'Failed' || facts.phase === 'Succeeded';

const concerns = (sign: ContainerSign, container: ContainerFacts): boolean =>
  (sign.container === undefined || sign.container === container.name) && container.restarts >= (sign.restarts ?? 0);

const listed = (sign: ContainerSign, reason: string | undefined): boolean =>
  sign.reasons.length === 0 || (reason !== undefined && sign.reasons.includes(reason));

const first = <T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined => {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
};

const line = (where: string, reason: string | undefined, message: string | undefined): string =>
  [where, reason, message].filter((part) => part !== undefined && part !== '').join(': ');
