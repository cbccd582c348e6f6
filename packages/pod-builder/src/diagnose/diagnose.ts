import { type JobResult, type Reason, reason } from '@danube/contract';
import type { CoreEvent, Pod } from '@danube/k8s-client';
import { type FailureRow, failureTable } from './failure-table.ts';
import { jobResultOf } from './job-result.ts';
import { defaultLimits, type DiagnoseLimits } from './limits.ts';
import { podFacts, type PodFacts } from './pod-facts.ts';
import { startProgress, type StartProgress } from './progress.ts';
import { seek, type Sighting } from './sign.ts';

/** What {@link diagnose} looks at beside the pod. */
export type DiagnoseInput = {
  /** Events of the pod's namespace; those of other pods are left out. They make messages better and graces exact. */
  readonly events?: readonly CoreEvent[];
  readonly now: Date;
  /** The pod is not in the cluster any more, `pod` is how it was last seen. @default false */
  readonly gone?: boolean;
  /**
   * Whether Danube itself asked for the end. Otherwise a job that reports `cancelled` because its pod was deleted or
   * evicted ends with the reason for that. @default false
   */
  readonly cancelRequested?: boolean;
  /** Replaces single limits. */
  readonly limits?: Partial<DiagnoseLimits>;
};

/** What is known about a pod. A state other than `starting` and `running` is final. */
export type Diagnosis = {
  /** For people: `waiting for a node: 0/3 nodes are available: 3 Insufficient cpu.` */
  readonly message: string;
  readonly progress: StartProgress;
} & (
  | {
      readonly state: 'starting' | 'running';
      /** When to look again although nothing changed: then a grace ends. In milliseconds since 1970. */
      readonly recheckAtMs?: number;
    }
  /** The coordinator left a result, which is evidence. */
  | { readonly state: 'finished'; readonly result: JobResult }
  /** No result will come, or a better explanation than the result's is known. */
  | { readonly state: 'failed'; readonly reason: Reason; readonly row: string }
);

/**
 * Says what a job pod is doing, or why it cannot succeed any more. Pure, and decided by {@link failureTable}: equal input
 * gives an equal answer, so it may be asked as often as wanted, by any process, from nothing but the pod.
 *
 * @example
 * const diagnosis = diagnose(pod, { events, now: new Date() });
 * if (diagnosis.state === 'failed') console.log(diagnosis.reason.code, diagnosis.reason.message);
 */
export const diagnose = (pod: Pod, input: DiagnoseInput): Diagnosis => {
  const facts = podFacts(pod, input);
  const limits = { ...defaultLimits, ...input.limits };
  const progress = startProgress(facts);
  const found = seekAll(facts, limits);
  const decided = found.find(({ finalAtMs }) => finalAtMs <= facts.nowMs);
  const result = jobResultOf(facts);

  if (result !== undefined && (decided === undefined || isConclusive(result, decided.row, input))) {
    return { state: 'finished', result, message: result.reason?.message ?? `the job ${result.state}`, progress };
  }
  if (decided !== undefined) {
    const why = reasonOf(decided, facts);
    return { state: 'failed', reason: why, row: decided.row.id, message: why.message, progress };
  }
  const recheckAtMs = found.length === 0 ? undefined : Math.min(...found.map(({ finalAtMs }) => finalAtMs));
  return {
    state: progress.stage === 'started' || progress.stage === 'ready' || isRunning(facts) ? 'running' : 'starting',
    ...(recheckAtMs === undefined ? {} : { recheckAtMs }),
    message: progressMessage(found, progress, facts),
    progress,
  };
};

type Found = { readonly row: FailureRow; readonly sighting: Sighting; readonly finalAtMs: number };

const seekAll = (facts: PodFacts, limits: DiagnoseLimits): Found[] => {
  const found = failureTable.flatMap((row) => {
    const sighting = seek(row.sign, facts);
    if (sighting === undefined) return [];
    return [{ row, sighting, finalAtMs: sighting.sinceMs + (row.grace === undefined ? 0 : limits[row.grace]) }];
  });
  // An autoscaler at work extends the time that a pod may be unschedulable.
  const scalingUp = found.some(({ row }) => row.id === 'unschedulable-scaling-up');
  return scalingUp ? found.filter(({ row }) => row.id !== 'unschedulable') : found;
};

/**
 * Whether a result stands although the pod has something to say, too. What the steps did is for the coordinator to
 * tell; why it was told to stop, or lost the worker, Kubernetes knows better.
 */
const isConclusive = (result: JobResult, row: FailureRow, { cancelRequested = false }: DiagnoseInput): boolean => {
  if (row.code === 'CoordinatorLost' || row.code === 'StreamLost') return true;
  if (result.state === 'cancelled') return cancelRequested;
  return result.reason?.class !== 'infra';
};

const reasonOf = ({ row, sighting }: Found, facts: PodFacts): Reason => {
  const what = fill(row.what, sighting);
  const message = sighting.words === '' ? what : `${what}: ${sighting.words}`;
  const warnings = facts.events.filter(({ warning }) => warning).slice(-3);
  const evidence = [sighting.evidence, ...warnings.map((event) => `event ${event.reason}: ${event.message}`)];
  const made = reason(row.code, message, [...new Set(evidence)]);
  return row.hint === undefined ? made : { ...made, hint: row.hint };
};

const progressMessage = (found: readonly Found[], progress: StartProgress, facts: PodFacts): string => {
  const [trouble] = found.filter(({ row }) => row.sign.in !== 'start');
  if (trouble !== undefined) {
    const what = fill(trouble.row.what, trouble.sighting);
    return trouble.sighting.words === '' ? what : `${what}: ${trouble.sighting.words}`;
  }
  switch (progress.stage) {
    case 'created':
      return 'waiting for a node';
    case 'scheduled':
      return `on node ${progress.node ?? '?'}`;
    case 'pulling':
      return `pulling ${progress.pulling.join(', ')}`;
    case 'creating':
      return 'creating the containers';
    case 'started':
    case 'ready':
      return 'running';
    case 'ending':
      return 'being deleted';
    case 'ended':
      return `the pod ended (${facts.phase})`;
  }
};

const isRunning = ({ phase }: PodFacts): boolean => phase === 'Running';

const fill = (text: string, { container }: Sighting): string =>
  text.replaceAll('{container}', container?.name ?? 'a container').replaceAll('{image}', container?.image ?? '?');
