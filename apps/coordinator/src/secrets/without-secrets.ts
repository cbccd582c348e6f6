import type { StepOutcome } from '../worker/step-runner.ts';
import type { SecretMasker } from './secret-masker.ts';

/** An outcome without secrets in what it says: the message of an error may quote what a shell has printed. */
export const withoutSecrets = (outcome: StepOutcome, masker: SecretMasker): StepOutcome => {
  if (outcome.kind !== 'lost' && outcome.kind !== 'refused') return outcome;
  const { message, evidence, hint, ...rest } = outcome.reason;
  const lines = evidence === undefined ? {} : { evidence: evidence.map((line) => masker.text(line)) };
  return { ...outcome, reason: { ...rest, message: masker.text(message), ...lines, hint: masker.text(hint) } };
};
