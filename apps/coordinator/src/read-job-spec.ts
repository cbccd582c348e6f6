import { type JobSpec, jobSpecSchema, problemsOf } from '@danube/contract';
import { readFile } from 'node:fs/promises';
import { CoordinatorError, messageOf } from './errors.ts';

/**
 * Reads what to do from the file in which the pod shows it.
 *
 * @throws CoordinatorError `JOB_SPEC` that says what is wrong with it.
 */
export const readJobSpec = async (file: string): Promise<JobSpec> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CoordinatorError('JOB_SPEC', messageOf(error), { cause: error });
  });
  const parsed = jobSpecSchema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error, parse(text)).map(({ message }) => message);
  throw new CoordinatorError('JOB_SPEC', problems.slice(0, 5).join('; '));
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CoordinatorError('JOB_SPEC', 'it is not JSON', { cause: error });
  }
};
