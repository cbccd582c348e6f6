import { isDuration, jobIdSchema, type Pipeline, type Problem } from '@danube/contract';
import { jobPodName, type JobRef } from '../pod/job-pod-name.ts';
import { deadlineSeconds, type NormalJobPodOptions } from '../pod/job-pod-options.ts';
import type { JobPodMetadata } from '../pod/metadata.ts';
import { checkExtras } from './extra-problems.ts';
import { isImageReference } from './image-reference.ts';
import { checkMetadata } from './metadata-problems.ts';
import { isDnsLabel, isDnsSubdomain, isLabelValue } from './names.ts';
import { checkPlacement } from './placement-problems.ts';
import { Report } from './report.ts';
import { checkQuantity, checkResources } from './resource-problems.ts';

const MAX_INT32 = 2 ** 31 - 1;

/** What a pod is built from, with the metadata that was made of it. */
export type JobPodInput = {
  readonly job: JobRef;
  readonly pipeline: Pipeline;
  readonly options: NormalJobPodOptions;
  readonly metadata: JobPodMetadata;
};

/**
 * Everything that keeps the input from giving a pod which the API server accepts. What only the cluster can know (whether
 * a Secret or a priority class exists, whether a quota has room) is not among it.
 */
export const inputProblems = ({ job, pipeline, options, metadata }: JobPodInput): Problem[] => {
  const report = new Report();
  checkJob(report, job);
  checkPipeline(report, pipeline, options);
  checkSecrets(report, pipeline, options.allowedSecrets);
  checkOptions(report, options);
  checkResources(report, ['options', 'coordinatorResources'], options.coordinatorResources);
  checkResources(report, ['options', 'workerResources'], options.workerResources);
  checkPlacement(report, options.placement);
  checkExtras(report, options);
  checkMetadata(report, options, metadata);
  return report.problems;
};

const checkJob = (report: Report, job: JobRef): void => {
  const { id, attempt } = job;
  const ok = jobIdSchema.safeParse(id).success && isDnsLabel(jobPodName(job));
  report.check(['job', 'id'], { ok, expected: 'a job id: at most 52 of a-z, 0-9 and -', got: id });
  report.check(['job', 'attempt'], { ok: isCount(attempt, 1), expected: 'a whole number from 1', got: attempt });
};

const checkPipeline = (report: Report, pipeline: Pipeline, options: NormalJobPodOptions): void => {
  const { workerImage, resources = {}, timeout, root } = pipeline;
  const isImage = isImageReference(workerImage);
  report.check(['pipeline', 'workerImage'], { ok: isImage, expected: 'an image reference', got: workerImage });
  if (timeout === undefined || isDuration(timeout)) {
    const ok = deadlineSeconds(timeout, options.deadlineMarginSeconds) <= MAX_INT32;
    report.check(['pipeline', 'timeout'], { ok, expected: 'at most 68 years', got: timeout });
  } else {
    report.add(['pipeline', 'timeout'], 'a duration like "90s"', timeout);
  }
  checkResources(report, ['pipeline', 'resources'], {
    // What the worker gets: the pipeline's own, or those of the options.
    requests: resources.requests ?? options.workerResources.requests,
    limits: resources.limits ?? options.workerResources.limits,
  });
  if (root === true && !options.allowRoot)
    report.add(['pipeline', 'root'], 'no root, because options.allowRoot is not set', root);
};

const checkSecrets = (report: Report, { secrets = {} }: Pipeline, allowed: readonly string[]): void => {
  for (const [name, { secret }] of Object.entries(secrets)) {
    const ok = allowed.includes('*') || allowed.includes(secret);
    report.check(['pipeline', 'secrets', name, 'secret'], {
      ok,
      expected: 'a Secret that options.allowedSecrets names',
      got: secret,
    });
  }
};

const checkOptions = (report: Report, options: NormalJobPodOptions): void => {
  const { namespace, owner, coordinatorImage, serviceAccountName, imagePullSecrets, apiUrl } = options;
  const at = (field: string) => ['options', field];
  report.check(at('namespace'), { ok: isDnsLabel(namespace), expected: 'a namespace', got: namespace });
  report.check(at('owner'), { ok: owner !== '' && isLabelValue(owner), expected: 'a label value', got: owner });
  const isImage = isImageReference(coordinatorImage);
  report.check(at('coordinatorImage'), { ok: isImage, expected: 'an image reference', got: coordinatorImage });
  const isAccount = isDnsSubdomain(serviceAccountName);
  report.check(at('serviceAccountName'), { ok: isAccount, expected: 'an account', got: serviceAccountName });
  for (const [index, name] of imagePullSecrets.entries())
    report.check([...at('imagePullSecrets'), index], { ok: isDnsSubdomain(name), expected: 'a Secret', got: name });
  // Never shown: an address may hold a password, which is one of the things that are wrong with it.
  const expected = 'an http(s) URL without credentials';
  report.check(at('apiUrl'), { ok: apiUrl === undefined || isApiUrl(apiUrl), expected, got: '(not shown)' });
  checkQuantity(report, at('workspaceSize'), options.workspaceSize);
  checkQuantity(report, at('controlSize'), options.controlSize);
  for (const field of ['deadlineMarginSeconds', 'terminationGraceSeconds'] as const) {
    const got = options[field];
    report.check(at(field), { ok: isCount(got, 0), expected: 'a whole number of seconds', got });
  }
};

const isCount = (value: number, least: number): boolean =>
  Number.isInteger(value) && value >= least && value <= MAX_INT32;

const isApiUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '';
};
