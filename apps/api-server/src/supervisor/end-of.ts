import { type FinalState, type JobResult, type Reason, reason } from '@danube/contract';
import type { Diagnosis } from '@danube/pod-builder/lifecycle';
import { coordinatorsEnd, type End } from '../domain/apply-event.ts';
import type { SupervisedJob } from '../store/job-view.ts';
import type { PodFacts } from './pod-facts.ts';

/** All that is known when a coordinator itself has not reported the end of its job. */
export type Evidence = {
  readonly job: SupervisedJob;
  /** The pod as it was last seen. */
  readonly facts: PodFacts | undefined;
  /** The pod does not exist any more. */
  readonly isGone: boolean;
  /** What its status means; unset for a pod that was never seen. */
  readonly diagnosis: Diagnosis | undefined;
};

/** The end that the evidence proves; `undefined` when it proves none. Absence of evidence is never success. */
export const endOf = (evidence: Evidence): End | undefined => {
  const { job, facts, isGone, diagnosis } = evidence;
  if (diagnosis?.state === 'finished' && diagnosis.result.jobId === job.id) return endByResult(job, diagnosis.result);
  if (!isGone && facts?.coordinator !== 'ended') {
    return diagnosis?.state === 'failed' ? endFor(diagnosis.reason, evidence) : undefined;
  }
  if (job.cancelRequestedAtMs !== undefined)
    return endFor(reason('Cancelled', 'The job was cancelled and its pod was deleted.'), evidence);
  if (diagnosis?.state === 'failed') return endFor(diagnosis.reason, evidence);
  if (isGone) return endFor(reason('PodDeleted', 'The pod disappeared before the job had ended.'), evidence);
  return endFor(reason('CoordinatorLost', 'The coordinator ended without a result.'), evidence);
};

const endByResult = (job: SupervisedJob, result: JobResult): End => {
  const missing = result.lastSeq - job.ackedSeq;
  const logComplete = missing <= 0;
  const end = coordinatorsEnd(
    { state: result.state, reason: result.reason, logComplete },
    { isCancelRequested: job.cancelRequestedAtMs !== undefined },
  );
  if (logComplete) return end;
  return { ...end, logNote: `The log is incomplete: ${missing} of ${result.lastSeq} events were not delivered.` };
};

const endFor = (why: Reason, evidence: Evidence): End => {
  const logComplete = evidence.job.toldToEnd?.logComplete ?? hasNoOutput(evidence);
  return {
    state: stateFor(why),
    reason: why,
    logComplete,
    ...(logComplete ? {} : { logNote: 'The log may be incomplete: the coordinator did not say how much there was.' }),
  };
};

/** Whether it is certain that no step has run. Of a pod that is gone the last second is unknown. */
const hasNoOutput = ({ facts, isGone }: Evidence): boolean => {
  if (facts === undefined || facts.hasWorkerStarted) return false;
  return !isGone || !facts.isScheduled;
};

const stateFor = (why: Reason): FinalState => {
  if (why.code === 'Cancelled') return 'cancelled';
  return why.class === 'user' ? 'failed' : 'error';
};
