import type { End } from '../domain/apply-event.ts';
import { endOf, type Evidence } from './end-of.ts';

/** What to do about a job next. `againMs`: look again after so long, even when nothing is heard. */
export type Action =
  | { readonly do: 'wait'; readonly againMs?: number }
  | { readonly do: 'create' }
  /** Ask the cluster whether the pod is really not there. */
  | { readonly do: 'look-up' }
  | { readonly do: 'adopt'; readonly uid: string }
  | { readonly do: 'report'; readonly message: string; readonly againMs: number }
  | { readonly do: 'finish'; readonly end: End }
  | { readonly do: 'delete'; readonly graceSeconds: number };

/** Times of the supervision, in milliseconds. */
export type SupervisorTimes = {
  /** How long a coordinator may take to end a cancelled job. @default 30000 */
  readonly cancelGraceMs: number;
  /** How long events may still arrive after their coordinator has ended. @default 2000 */
  readonly logGraceMs: number;
  /** How long a pod may end by itself after its job has. @default 5000 */
  readonly stopGraceMs: number;
  /** How often a pod that is starting is looked at, and after how long its progress is told. @default 1000 */
  readonly startCheckMs: number;
  /** A job whose pod cannot be created for so long ends. @default 300000 */
  readonly createForMs: number;
  /** Age from which a pod of a job that the store does not know is deleted. @default 60000 */
  readonly orphanAgeMs: number;
};

export const defaultTimes: SupervisorTimes = {
  cancelGraceMs: 30_000,
  logGraceMs: 2000,
  stopGraceMs: 5000,
  startCheckMs: 1000,
  createForMs: 300_000,
  orphanAgeMs: 60_000,
};

/** A job, its pod, and the time. */
export type Scene = Evidence & {
  /** The pod's absence was confirmed by the cluster itself. */
  readonly isConfirmed: boolean;
  /** How long an end has been visible that the coordinator has not reported. */
  readonly endVisibleForMs: number;
  readonly nowMs: number;
  readonly times: SupervisorTimes;
};

// Time for the idle loop of the worker, which ends at TERM at once.
const TIDY_GRACE_SECONDS = 2;
// Time for a coordinator that did not end a cancelled job in time to save what it can.
const CANCEL_GRACE_SECONDS = 5;

/** What to do about a job next. Pure: it begins anew from what is known each time, and so it can be asked at any time. */
export const decide = (scene: Scene): Action => {
  if (scene.job.isFinal) return afterEnd(scene);
  const { job, facts } = scene;
  if (facts === undefined || scene.isGone) return withoutPod(scene);
  if (job.podUid === undefined) return { do: 'adopt', uid: facts.uid };
  return atEnd(scene) ?? atCancel(scene) ?? whileItRuns(scene);
};

/** The pod of a job that has ended: it ends by itself, or is helped, and is deleted. */
const afterEnd = (scene: Scene): Action => {
  const { job, facts, nowMs, times } = scene;
  if (facts === undefined || scene.isGone || facts.isBeingDeleted) return { do: 'wait' };
  const leftMs = (job.finishedAtMs ?? 0) + times.stopGraceMs - nowMs;
  if (!isAnybodyThere(scene) || leftMs <= 0) return { do: 'delete', graceSeconds: TIDY_GRACE_SECONDS };
  return { do: 'wait', againMs: leftMs };
};

const withoutPod = (scene: Scene): Action => {
  const { job, isConfirmed } = scene;
  // A job that has reported anything had a pod once: another one would run its steps again.
  const isNew = job.podUid === undefined && job.ackedSeq === 0;
  if (isNew && job.cancelRequestedAtMs === undefined) return { do: 'create' };
  if (!isConfirmed) return { do: 'look-up' };
  return atEnd({ ...scene, isGone: true }) ?? { do: 'wait' };
};

const atEnd = (scene: Scene): Action | undefined => {
  const end = endOf(scene);
  if (end === undefined) return undefined;
  // Events on their way deserve a moment, unless there can be none.
  const isAllHere = end.logComplete || scene.facts?.coordinator === 'waiting';
  const leftMs = (isAllHere ? 0 : scene.times.logGraceMs) - scene.endVisibleForMs;
  return leftMs <= 0 ? { do: 'finish', end } : { do: 'wait', againMs: leftMs };
};

const atCancel = (scene: Scene): Action | undefined => {
  const { job, facts, nowMs, times } = scene;
  if (job.cancelRequestedAtMs === undefined) return undefined;
  if (facts?.isBeingDeleted === true) return { do: 'wait' };
  const leftMs = job.cancelRequestedAtMs + times.cancelGraceMs - nowMs;
  return isAnybodyThere(scene) && leftMs > 0
    ? { do: 'wait', againMs: leftMs }
    : { do: 'delete', graceSeconds: CANCEL_GRACE_SECONDS };
};

/** Whether a coordinator can hear us. One that has reported runs, even when the status does not say so yet. */
const isAnybodyThere = ({ job, facts }: Scene): boolean =>
  facts?.coordinator === 'running' || (facts?.coordinator === 'waiting' && job.ackedSeq > 0);

const whileItRuns = ({ job, diagnosis, nowMs, times }: Scene): Action => {
  if (diagnosis === undefined || !('recheckAtMs' in diagnosis || diagnosis.state === 'starting')) return { do: 'wait' };
  const recheckMs = 'recheckAtMs' in diagnosis ? Math.max(0, (diagnosis.recheckAtMs ?? nowMs) - nowMs) : Infinity;
  const againMs = Math.min(recheckMs, times.startCheckMs);
  // Most pods start within a second: what they pass through is not worth a word.
  const isSlow = nowMs - (job.takenAtMs ?? nowMs) >= times.startCheckMs;
  // Once a step has been reported the status, which is up to a second late, knows less than we do.
  const isStarting = diagnosis.state === 'starting' && job.ackedSeq <= 1;
  const isNews = isStarting && diagnosis.message !== job.progress;
  return isSlow && isNews ? { do: 'report', message: diagnosis.message, againMs } : { do: 'wait', againMs };
};
