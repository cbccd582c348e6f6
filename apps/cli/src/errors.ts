import { exitCodes } from './exit-codes.ts';

/** All that the command itself can fail with, and the exit code that says so. */
export const cliErrors = {
  Usage: { exitCode: exitCodes.badInput },
  BadJobFile: { exitCode: exitCodes.badInput },
  MissingSecret: { exitCode: exitCodes.badInput },
  Rejected: { exitCode: exitCodes.badInput },
  NotFound: { exitCode: exitCodes.badInput },
  ServerUnreachable: { exitCode: exitCodes.infrastructure },
  ServerFailed: { exitCode: exitCodes.infrastructure },
  NotDanube: { exitCode: exitCodes.infrastructure },
  StreamLost: { exitCode: exitCodes.infrastructure },
  LocalModeFailed: { exitCode: exitCodes.infrastructure },
} as const satisfies Record<string, { exitCode: number }>;

/** A code of {@link cliErrors}. */
export type CliErrorCode = keyof typeof cliErrors;

/** What may come with an error: what to do about it, and one line for each thing that is wrong. */
export type CliErrorDetails = {
  readonly hint?: string;
  readonly problems?: readonly string[];
  readonly cause?: unknown;
};

/** A failure that the user is told about in words, never with a stack. `problems`, when there are any, say it all. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  readonly hint: string | undefined;
  readonly problems: readonly string[];

  constructor(code: CliErrorCode, message: string, details: CliErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.problems = details.problems ?? [];
  }

  get exitCode(): number {
    return cliErrors[this.code].exitCode;
  }
}

/** Lines that explain any thrown value to a person: one, or one for each problem. */
export const errorLines = (error: unknown): readonly string[] => {
  if (!(error instanceof CliError)) return [`danube: unexpected error: ${messageOf(error)}`];
  if (error.problems.length > 0) return error.problems;
  return [`danube: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`];
};

/** The same for machines: the value of `error` in the last line of `--output json`. */
export const errorJson = (error: unknown): Record<string, unknown> =>
  error instanceof CliError
    ? {
        code: error.code,
        message: error.message,
        ...(error.problems.length === 0 ? {} : { problems: error.problems }),
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      }
    : { code: 'Unexpected', message: messageOf(error) };

/** Exit code for any thrown value; what nobody foresaw counts as infrastructure. */
export const exitCodeOf = (error: unknown): number =>
  error instanceof CliError ? error.exitCode : exitCodes.infrastructure;

/** First line of what a thrown value says of itself. */
export const messageOf = (error: unknown): string => {
  const { message, name } = (error ?? {}) as { message?: unknown; name?: unknown };
  const text = [message, name].find((part) => typeof part === 'string' && part !== '') ?? error;
  return String(text).split('\n', 1)[0] ?? '';
};
