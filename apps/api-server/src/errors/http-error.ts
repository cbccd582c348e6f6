import type { Problem } from '@danube/contract';

/** Every error answer of the API. Clients branch on the code; the message is for people. */
export const httpErrors = {
  invalid_json: { status: 400, hint: 'Send a JSON object.' },
  invalid_pipeline: { status: 400, hint: 'Correct the places that `problems` names.' },
  invalid_events: { status: 400, hint: 'Correct the places that `problems` names.' },
  invalid_query: { status: 400, hint: 'Correct the parameter that the message names.' },
  unauthorized: { status: 401, hint: 'Send the projected service account token of the job pod (audience danube).' },
  forbidden: { status: 403, hint: 'A coordinator may only report for the job of its own pod.' },
  not_found: { status: 404, hint: 'See the README of the api-server for the list of paths.' },
  job_not_found: { status: 404, hint: 'List the jobs with GET /v1/jobs.' },
  idempotency_conflict: { status: 409, hint: 'Use a new Idempotency-Key for a new job.' },
  job_ended: { status: 409, hint: 'Stop reporting: the end of this job is recorded and nothing can be added.' },
  body_too_large: { status: 413, hint: 'Send less in one request.' },
  unsupported_media_type: { status: 415, hint: 'Send application/json.' },
  internal: { status: 500, hint: 'Look in the log of the api-server; the request can be tried again.' },
  unavailable: { status: 503, hint: 'Try again in a moment.' },
} as const;

/** A code of {@link httpErrors}. */
export type HttpErrorCode = keyof typeof httpErrors;

/** Body of every error answer. */
export type ErrorBody = {
  readonly error: {
    readonly code: HttpErrorCode;
    readonly message: string;
    readonly hint: string;
    readonly problems?: readonly Problem[];
  };
};

/** Ends a request with an error answer. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;
  readonly problems: readonly Problem[] | undefined;

  constructor(code: HttpErrorCode, message: string, options: { problems?: readonly Problem[]; cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
    this.problems = options.problems;
  }

  get status(): number {
    return httpErrors[this.code].status;
  }

  toJSON(): ErrorBody {
    const { code, message, problems } = this;
    return { error: { code, message, hint: httpErrors[code].hint, ...(problems === undefined ? {} : { problems }) } };
  }
}
