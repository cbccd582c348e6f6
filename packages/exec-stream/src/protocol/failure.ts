import { ExecError, ExecExitUnknownError, ExecStartError, type Started } from '../errors.ts';
import { isCannotStartMessage, isNotReadyMessage, isUnreachableMessage } from './not-ready.ts';
import type { ServerStatus } from './status.ts';

/**
 * What a Failure without an exit code means. Sentences that can only come before the start are told apart; once output came,
 * nothing can say that the command did not start.
 */
export function failureError(status: ServerStatus & { kind: 'failure' }, outputSeen: boolean): ExecError {
  const { message, reason } = status;
  const facts = (started: Started): { started: Started; reason?: string } => ({
    started,
    ...(reason !== undefined && { reason }),
  });
  if (!outputSeen) {
    if (isNotReadyMessage(message)) return new ExecStartError('EXEC_NOT_READY', message, facts('no'));
    if (isCannotStartMessage(message)) {
      const hint = message.includes('"sh"')
        ? { hint: "For an image without `sh` use a plain exec with `verify: 'none'`" }
        : {};
      return new ExecStartError('EXEC_START_FAILED', message, { ...facts('no'), ...hint });
    }
    if (isUnreachableMessage(message)) return new ExecError('EXEC_CONNECT_FAILED', message, facts('no'));
  }
  return new ExecExitUnknownError('EXEC_EXIT_UNKNOWN', message, facts(outputSeen ? 'yes' : 'maybe'));
}
