import { type Reason, reason, type ReasonCode } from '@danube/contract';
import { messageOf } from '../errors.ts';
import type { StepOutcome } from './step-runner.ts';

/** What the codes of exec-stream and k8s-client mean for a job; all others are a lost stream. */
const reasonCodes: Readonly<Record<string, ReasonCode>> = {
  EXEC_REFUSED: 'ContainerConfigError',
  EXEC_NOT_READY: 'StartTimeout',
  EXEC_START_FAILED: 'InvalidImage',
  EXEC_CONNECT_FAILED: 'ApiUnavailable',
  ConfigInvalid: 'ContainerConfigError',
  CredentialFailed: 'ApiUnavailable',
  Timeout: 'ApiUnavailable',
  TransportFailed: 'ApiUnavailable',
};

/** The outcome of a step for which an error was thrown: the worker cannot be used, and the message says why. */
export const outcomeOfError = (error: unknown): StepOutcome => ({ kind: 'lost', reason: reasonOfError(error) });

const reasonOfError = (error: unknown): Reason => {
  const { code, hint } = error as { code?: unknown; hint?: unknown };
  const known = reason(reasonCodes[String(code)] ?? 'StreamLost', messageOf(error));
  return typeof hint === 'string' ? { ...known, hint } : known;
};
