import * as z from 'zod';
import { stepsProblems } from './check-steps.ts';
import { isDuration } from './duration.ts';

const duration = z
  .string({ error: 'expected a duration like "90s"' })
  .refine(isDuration, { error: 'expected a duration like "90s"' })
  .meta({ pattern: '^(?:\\d+(?:\\.\\d+)?(?:ms|s|m|h))+$', examples: ['90s', '5m', '1h30m'] });

const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'expected a name of letters, digits and _' });
const text = z.string({ error: 'expected a string (quote numbers and booleans)' });
const env = z.record(envName, text);

const outputSchema = z.strictObject({
  step: z.string().meta({ description: 'Name of a step before this one.' }),
  output: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/),
});
const stepEnv = z.record(
  envName,
  z.union([text, outputSchema], {
    error: 'expected a string (quote numbers and booleans), or a step and its output',
  }),
);

const secretName = z.string().regex(/^(?!DANUBE_)[A-Za-z_][A-Za-z0-9_]*$/, {
  error: 'expected a name of letters, digits and _ that does not begin with DANUBE_',
});
const secretSchema = z.strictObject({
  secret: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, { error: 'expected the name of a Kubernetes Secret' })
    .meta({ description: 'Name of a Kubernetes Secret in the namespace of the jobs.' }),
  key: z
    .string()
    .regex(/^(?!\.\.?$)[A-Za-z0-9._-]{1,253}$/, { error: 'expected a key of a Secret' })
    .meta({ description: 'Key of the value in that Secret.' }),
});

const label = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/, {
  error: 'expected 1 to 63 letters, digits, -, _ or ., beginning and ending with a letter or digit',
});

const quantity = z
  .string({ error: 'expected a quantity like "500m" or "1Gi"' })
  .regex(/^\d+(?:\.\d+)?(?:m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/, { error: 'expected a quantity like "500m" or "1Gi"' });
const quantities = z.strictObject({
  cpu: quantity.optional(),
  memory: quantity.optional(),
  'ephemeral-storage': quantity.optional(),
});

const retriesError = { error: 'expected a whole number from 0 to 10' };
const retries = z.number(retriesError).int(retriesError).min(0, retriesError).max(10, retriesError);

/** One command of a job. */
export const stepSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}]*$/u, { error: 'expected no control characters' })
    .meta({ description: 'Shown to people; unique within the pipeline.' }),
  run: z
    .union([z.string().min(1), z.array(z.string()).min(1)], { error: 'expected a script, or a list of arguments' })
    .meta({ description: 'A script for `sh -e`, or a command and its arguments.' }),
  env: stepEnv.optional().meta({
    description: 'Added to the environment of the pipeline. A value is a text, or an output of a step before this one.',
  }),
  secrets: z
    .array(z.string())
    .optional()
    .meta({ description: 'Secrets of the pipeline that the step finds in its environment.' }),
  workingDir: z.string().min(1).optional().meta({ description: 'Relative to the workspace. Default: the workspace.' }),
  timeout: duration.optional().meta({ description: 'The step and all its processes are ended after this time.' }),
  retries: retries.optional().meta({ description: 'How often the step is tried again when it fails. Default: 0.' }),
  continueOnError: z
    .boolean()
    .optional()
    .meta({ description: 'The job goes on, and can succeed, when this step fails.' }),
  if: z
    .enum(['success', 'failure', 'always'], { error: 'expected one of success, failure, always' })
    .optional()
    .meta({ description: 'When to run: after success (default), only after a failure, or always.' }),
});

/** What a job runs: an image, resources and steps. This is the job file. */
export const pipelineSchema = z
  .strictObject({
    /** Where editors find the schema; not used otherwise. */
    $schema: z.string().optional(),
    id: label.meta({ description: 'Name of the pipeline; becomes the label `pipeline` of its pods.' }),
    workerImage: z.string().min(1).meta({ description: 'Image in which the steps run. It needs `sh`.' }),
    resources: z.strictObject({ requests: quantities.optional(), limits: quantities.optional() }).optional(),
    env: env.optional().meta({ description: 'Environment of every step.' }),
    secrets: z.record(secretName, secretSchema).optional().meta({
      description: 'Where the secrets of the job are. Steps name those they need; all are masked in the log.',
    }),
    timeout: duration.optional().meta({ description: 'The whole job is ended after this time. Default: 1h.' }),
    root: z.boolean().optional().meta({ description: 'Run the worker as root. Needs a policy that allows it.' }),
    steps: z.array(stepSchema).min(1, { error: 'expected at least one step' }).max(500),
  })
  .superRefine((pipeline, context) => {
    for (const { path, expected } of stepsProblems(pipeline))
      context.addIssue({ code: 'custom', path: [...path], message: expected });
  });

/** What to run and in what, checked. */
export type Pipeline = z.infer<typeof pipelineSchema>;
/** One command of a pipeline, checked. */
export type Step = z.infer<typeof stepSchema>;
/** An output of an earlier step, as the value of an environment variable. */
export type OutputRef = z.infer<typeof outputSchema>;
/** A key of a Kubernetes Secret. */
export type SecretRef = z.infer<typeof secretSchema>;

/** Time limit of a job whose pipeline names none. */
export const DEFAULT_JOB_TIMEOUT = '1h';
