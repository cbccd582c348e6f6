import { durationMs, type JobSpec, type Step } from '@danube/contract';
import { env, paths } from '@danube/contract/names';
import { posix } from 'node:path';
import type { Secrets } from '../secrets/read-secrets.ts';
import { OUTPUTS_FILE } from '../worker/read-outputs.ts';
import type { StepRun } from '../worker/step-runner.ts';

/** A step by its place in the pipeline, and which try of it, from 1. */
export type StepTry = { readonly index: number; readonly attempt: number };

/** What a run needs beside its step. */
export type StepSurroundings = {
  /** Where the volumes are mounted; local mode has them elsewhere than a pod. */
  readonly workspace: string;
  readonly control: string;
  readonly secrets: Secrets;
  /** What earlier steps have left, by the names of the steps. */
  readonly outputs: ReadonlyMap<string, Readonly<Record<string, string>>>;
};

/**
 * The run of one attempt of a step: its id is the same whoever asks, so that no restart makes it a second run.
 *
 * Environment, later ones win: `CI`, the pipeline's, the step's, its secrets, `DANUBE_*`. A variable whose value is an
 * output that no earlier step has left is not set.
 */
export const stepRun = (spec: JobSpec, { index, attempt }: StepTry, around: StepSurroundings): StepRun => {
  const { pipeline } = spec;
  const { workspace, control } = around;
  const step = pipeline.steps[index];
  if (step === undefined) throw new RangeError(`no step ${index} among ${pipeline.steps.length}`);
  const id = `step-${index}-${attempt}`;
  return {
    id,
    name: step.name,
    run: step.run,
    workingDir: inWorkspace(step.workingDir ?? '.', workspace),
    env: {
      CI: 'true',
      ...pipeline.env,
      ...ownEnv(step, around),
      [env.workspace]: workspace,
      DANUBE_OUTPUT: posix.join(control, id, OUTPUTS_FILE),
      DANUBE_JOB_ID: spec.jobId,
      DANUBE_PIPELINE: pipeline.id,
      DANUBE_STEP: step.name,
      DANUBE_STEP_ATTEMPT: String(attempt),
    },
    ...(step.timeout === undefined ? {} : { timeoutMs: durationMs(step.timeout) }),
  };
};

const ownEnv = (step: Step, { secrets, outputs }: StepSurroundings): Record<string, string> => {
  const variables = Object.entries(step.env ?? {}).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : outputs.get(value.step)?.[value.output],
  ]);
  const ofSecrets = (step.secrets ?? []).map((name) => [name, secrets.get(name)]);
  return Object.fromEntries([...variables, ...ofSecrets].filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
};

const inWorkspace = (dir: string, workspace: string): string => {
  const path = posix.normalize(dir);
  if (path === paths.workspace || path.startsWith(`${paths.workspace}/`)) {
    return posix.join(workspace, path.slice(paths.workspace.length));
  }
  return posix.isAbsolute(path) ? path : posix.join(workspace, path);
};
