/** Every way in which the coordinator itself can fail. A failure of a step is not one of them: that is a result. */
export const coordinatorErrors = {
  ENVIRONMENT: { message: 'The environment of the coordinator is incomplete', retryable: false },
  JOB_SPEC: { message: 'The job spec cannot be used', retryable: false },
  SECRETS: { message: 'A secret cannot be used', retryable: false },
  API_CONNECTION: { message: 'The api-server did not answer', retryable: true },
  API_STATUS: { message: 'The api-server answered with an error', retryable: true },
  API_ANSWER: { message: 'The api-server answered with something else than was asked for', retryable: true },
  API_REJECTED: { message: 'The api-server refuses what is reported', retryable: false },
  OUTPUT_CUT: { message: 'The control volume was full, and output of the step is missing', retryable: false },
  WORKER_NOT_ENDED: { message: 'The worker does not end', retryable: false },
} as const satisfies Record<string, { message: string; retryable: boolean }>;

/** Key of {@link coordinatorErrors}. */
export type CoordinatorErrorCode = keyof typeof coordinatorErrors;

/** Facts that go with a {@link CoordinatorError}. */
export type CoordinatorErrorFacts = {
  readonly cause?: unknown;
  /** Status of an HTTP answer. */
  readonly status?: number | undefined;
  /** How long the server asked to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
};

/** An error of the coordinator itself. The message never holds a body, a token or a query string. */
export class CoordinatorError extends Error {
  readonly code: CoordinatorErrorCode;
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: CoordinatorErrorCode, detail: string, facts: CoordinatorErrorFacts = {}) {
    super(`${coordinatorErrors[code].message}: ${detail}`, { cause: facts.cause });
    this.name = 'CoordinatorError';
    this.code = code;
    this.retryable = coordinatorErrors[code].retryable;
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** Message of whatever was thrown, on one line. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ').trim();
