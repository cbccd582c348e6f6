import type { Pipeline } from '@danube/contract';
import { JOBS_NAMESPACE } from '@danube/contract/names';
import { CliError } from '../errors.ts';

/** A Kubernetes Secret with values of the environment. */
type LocalSecret = {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly stringData: Record<string, string>;
};

/**
 * The Secrets that a pipeline names, with a value for each key from the variable that is called like the secret.
 *
 * @throws CliError MissingSecret naming every variable that is not set.
 */
export const localSecrets = (
  { secrets = {} }: Pick<Pipeline, 'secrets'>,
  env: Readonly<Record<string, string | undefined>>,
): LocalSecret[] => {
  const missing = Object.keys(secrets).filter((name) => env[name] === undefined);
  if (missing.length > 0) {
    throw new CliError('MissingSecret', `the job needs ${missing.join(', ')}`, {
      hint: 'local mode takes secrets from the environment: set a variable of that name',
    });
  }
  const found = new Map<string, LocalSecret>();
  for (const [name, { secret, key }] of Object.entries(secrets)) {
    const known = found.get(secret) ?? { metadata: { name: secret, namespace: JOBS_NAMESPACE }, stringData: {} };
    known.stringData[key] = env[name] ?? '';
    found.set(secret, known);
  }
  return [...found.values()];
};
