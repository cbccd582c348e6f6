import { containerOf, type PodFacts, timeMs } from './pod-facts.ts';
import { hasStarted } from './sign.ts';

/** How far a pod has come. Each stage includes those before it. */
export type StartStage = 'created' | 'scheduled' | 'pulling' | 'creating' | 'started' | 'ready' | 'ending' | 'ended';

/** The start of a pod as data. Times are ISO texts by the cluster's clock, as exact as Kubernetes writes them (1 s). */
export type StartProgress = {
  readonly stage: StartStage;
  readonly node?: string;
  /** Images being pulled now. Known from events; without them an image that is pulled looks like `creating`. */
  readonly pulling: readonly string[];
  readonly times: {
    readonly created?: string;
    readonly scheduled?: string;
    /** The later of both containers. */
    readonly started?: string;
    readonly ready?: string;
  };
};

/** Reads the progress off the facts. */
export const startProgress = (facts: PodFacts): StartProgress => {
  const node = facts.pod.spec?.nodeName;
  const pulling = facts.containers
    .filter(({ image, state }) => state.waiting !== undefined && isPulling(facts, image))
    .map(({ image }) => image);
  return {
    stage: stageOf(facts, pulling.length > 0),
    ...(node === undefined ? {} : { node }),
    pulling: [...new Set(pulling)],
    times: {
      ...optional('created', facts.pod.metadata?.creationTimestamp),
      ...optional('scheduled', since(facts, 'PodScheduled')),
      ...optional('started', startedAt(facts)),
      ...optional('ready', since(facts, 'Ready')),
    },
  };
};

const stageOf = (facts: PodFacts, pulling: boolean): StartStage => {
  if (facts.gone || facts.phase === 'Failed' || facts.phase === 'Succeeded') return 'ended';
  if (facts.deletionMs !== undefined) return 'ending';
  if (since(facts, 'Ready') !== undefined) return 'ready';
  if (hasStarted(facts)) return 'started';
  if (pulling) return 'pulling';
  if (facts.containers.some(({ state }) => state.waiting !== undefined)) return 'creating';
  return facts.scheduledMs === undefined ? 'created' : 'scheduled';
};

// The last word about an image counts: a second pull may follow a first that failed.
const isPulling = ({ events }: PodFacts, image: string): boolean =>
  events
    .filter(({ reason, message }) => ['Pulling', 'Pulled', 'Failed'].includes(reason) && message.includes(`"${image}"`))
    .sort((a, b) => a.lastMs - b.lastMs)
    .at(-1)?.reason === 'Pulling';

const since = ({ conditions }: PodFacts, type: string): string | undefined =>
  conditions.find((condition) => condition.type === type && condition.status === 'True')?.lastTransitionTime;

const startedAt = (facts: PodFacts): string | undefined => {
  const times = (['coordinator', 'worker'] as const).map((name) => {
    const state = containerOf(facts, name)?.state;
    return state?.running?.startedAt ?? state?.terminated?.startedAt;
  });
  if (!times.every((time) => time !== undefined)) return undefined;
  return times.reduce((a, b) => ((timeMs(a) ?? 0) > (timeMs(b) ?? 0) ? a : b));
};

const optional = <K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, string>);
