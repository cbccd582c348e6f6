import { type Reason, reason } from '@danube/contract';
import { CoordinatorError, messageOf } from './errors.ts';
import { type CoordinatorParts, JobRun } from './job-run.ts';
import { readJobSpec } from './read-job-spec.ts';
import { leaveResult } from './result/termination-message.ts';
import { keptValues } from './secrets/kept-values.ts';
import { readSecrets } from './secrets/read-secrets.ts';

/** Exit codes of the program: the job's verdict, short. The termination message has the whole. */
export const exitCodes = { succeeded: 0, otherwise: 1 } as const;

/**
 * Runs the job of this pod from its spec to its result. Never rejects for what a job, a worker or a server does.
 *
 * @returns the exit code: see {@link exitCodes}.
 */
export const runCoordinator = async (parts: CoordinatorParts): Promise<number> => {
  try {
    const spec = await readJobSpec(parts.settings.jobSpec);
    const secrets = await readSecrets(parts.settings.secrets, spec.pipeline.secrets);
    const masked = await keptValues(parts.settings.keptSecrets, secrets);
    const { state } = await new JobRun(parts, { spec, secrets, masked }).run();
    return state === 'succeeded' ? exitCodes.succeeded : exitCodes.otherwise;
  } catch (error) {
    return refuse(parts, error);
  }
};

const whyRefused = (error: unknown): Reason => {
  const code = error instanceof CoordinatorError ? error.code : undefined;
  if (code === 'JOB_SPEC') return reason('InvalidSpec', messageOf(error));
  if (code !== 'SECRETS') return reason('CoordinatorLost', messageOf(error));
  return { ...reason('ContainerConfigError', messageOf(error)), hint: 'Correct the value in its Kubernetes Secret.' };
};

/** Says that the job could not be begun, in the log of the container and in its termination message. */
const refuse = ({ settings, streams }: CoordinatorParts, error: unknown): number => {
  streams.stderr.write(`danube: ${messageOf(error)}\n`);
  const jobId = /^job-(.+?)(?:-r\d+)?$/.exec(settings.podName)?.[1] ?? settings.podName;
  const result = { version: 1, jobId, state: 'error', reason: whyRefused(error), lastSeq: 0 } as const;
  leaveResult(settings.terminationLog, result);
  return exitCodes.otherwise;
};
