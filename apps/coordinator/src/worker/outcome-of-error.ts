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
export const outcomeOfError = (error: unknown): StepOutcome => {
  const { hint } = error as { hint?: unknown };
  const why: Reason = reason(reasonCodes[String(codeOf(error))] ?? 'StreamLost', messageOf(error));
  return { kind: 'lost', reason: typeof hint === 'string' ? { ...why, hint } : why };
};

/** Whether the error says that the container is not there: not yet, or not any more. */
export const isNotReady = (error: unknown): boolean => codeOf(error) === 'EXEC_NOT_READY';

/** Whether the launcher itself says that the command did not start; everything else leaves it open. */
export const isAnswer = (error: unknown): boolean => codeOf(error) === 'EXEC_START_FAILED';

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
