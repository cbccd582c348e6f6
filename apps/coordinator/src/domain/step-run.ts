import { durationMs, type JobSpec } from '@danube/contract';
import { env, paths } from '@danube/contract/names';
import { posix } from 'node:path';
import type { StepRun } from '../worker/step-runner.ts';

/** A step by its place in the pipeline, and which try of it, from 1. */
export type StepTry = { readonly index: number; readonly attempt: number };

/**
 * The run of one attempt of a step: its id is the same whoever asks, so that no restart makes it a second run.
 *
 * Environment, later ones win: `CI`, the pipeline's, the step's, `DANUBE_*`.
 *
 * @param workspace where the workspace is mounted; local mode has it elsewhere than `/workspace`.
 */
export const stepRun = (spec: JobSpec, { index, attempt }: StepTry, workspace: string): StepRun => {
  const { pipeline } = spec;
  const step = pipeline.steps[index];
  if (step === undefined) throw new RangeError(`no step ${index} among ${pipeline.steps.length}`);
  return {
    id: `step-${index}-${attempt}`,
    name: step.name,
    run: step.run,
    workingDir: inWorkspace(step.workingDir ?? '.', workspace),
    env: {
      CI: 'true',
      ...pipeline.env,
      ...step.env,
      [env.workspace]: workspace,
      DANUBE_JOB_ID: spec.jobId,
      DANUBE_PIPELINE: pipeline.id,
      DANUBE_STEP: step.name,
      DANUBE_STEP_ATTEMPT: String(attempt),
    },
    ...(step.timeout === undefined ? {} : { timeoutMs: durationMs(step.timeout) }),
  };
};

const inWorkspace = (dir: string, workspace: string): string => {
  const path = posix.normalize(dir);
  if (path === paths.workspace || path.startsWith(`${paths.workspace}/`)) {
    return posix.join(workspace, path.slice(paths.workspace.length));
  }
  return posix.isAbsolute(path) ? path : posix.join(workspace, path);
};
