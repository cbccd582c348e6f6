/** What the code of an error means. */
export type CodeEntry = {
  /** One sentence: what happened. */
  readonly message: string;
  /** Whether the same call may succeed when it is made again later. It does not say that repeating it is safe. */
  readonly retryable: boolean;
  /** What to do about it. */
  readonly hint: string;
};

/**
 * Every error of this package, by its code. `docs/errors.md` lists the same codes; a test compares both.
 * The API codes are the reasons of Kubernetes' `Status`
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/).
 */
export const codes = {
  BadRequest: { message: 'the API server found the request malformed', retryable: false, hint: 'correct the request' },
  Unauthorized: {
    message: 'the API server does not accept the credentials',
    retryable: false,
    hint: 'check the token or client certificate of the context in use',
  },
  Forbidden: {
    message: 'the credentials are valid but may not do this',
    retryable: false,
    hint: 'give the account a Role that allows this verb, or use another context',
  },
  NotFound: { message: 'there is no such object', retryable: false, hint: 'check its name and namespace' },
  MethodNotAllowed: {
    message: 'the resource does not support this verb',
    retryable: false,
    hint: 'check the resource definition',
  },
  NotAcceptable: {
    message: 'the API server cannot answer in the asked format',
    retryable: false,
    hint: 'check the Accept header',
  },
  AlreadyExists: {
    message: 'an object with this name exists already',
    retryable: false,
    hint: 'read it and decide whether it is yours, or use another name',
  },
  Conflict: {
    message: 'the object changed, or another manager owns a field',
    retryable: false,
    hint: 'read the object again and make the change on what it is now',
  },
  Gone: {
    message: 'the asked version of the object is gone',
    retryable: false,
    hint: 'list again and continue from there',
  },
  Invalid: {
    message: 'the API server found the object invalid',
    retryable: false,
    hint: 'correct the fields named in details.causes',
  },
  RequestEntityTooLarge: {
    message: 'the request body is larger than the API server takes',
    retryable: false,
    hint: 'send less in one object',
  },
  UnsupportedMediaType: {
    message: 'the API server does not take this kind of body',
    retryable: false,
    hint: 'use another patch type',
  },
  TooManyRequests: {
    message: 'the API server asks to slow down',
    retryable: true,
    hint: 'wait for retryAfterMs; lower the concurrency if it persists',
  },
  InternalError: { message: 'the API server failed', retryable: true, hint: 'see its log under the audit id' },
  ServiceUnavailable: { message: 'the API server is not available', retryable: true, hint: 'try again later' },
  ServerTimeout: { message: 'the API server could not finish in time', retryable: true, hint: 'try again later' },
  ApiError: {
    message: 'the API server answered with an error status',
    retryable: false,
    hint: 'see status, reason and details',
  },
  WatchExpired: {
    message: 'the watch is too far behind to be resumed',
    retryable: true,
    hint: 'list again and watch from the resource version of the list',
  },
  NameConflict: {
    message: 'an object with this name exists and was created by somebody else',
    retryable: false,
    hint: 'use another name, or delete the other object',
  },
  TransportFailed: {
    message: 'the connection to the API server failed',
    retryable: true,
    hint: 'check the server address of the context, and that the cluster runs',
  },
  BadResponse: {
    message: 'the answer is not what an API server sends',
    retryable: false,
    hint: 'check that the address is that of a Kubernetes API server and not of a proxy page',
  },
  Timeout: {
    message: 'the time ran out',
    retryable: true,
    hint: 'raise timeoutMs, or see the cause for what kept failing',
  },
  Aborted: { message: 'the caller aborted the call', retryable: false, hint: 'nothing to do' },
  ConfigInvalid: {
    message: 'the cluster configuration cannot be used',
    retryable: false,
    hint: 'correct the named field or file',
  },
  CredentialFailed: {
    message: 'no credential could be obtained',
    retryable: true,
    hint: 'run the credential plugin by hand, or check the token file',
  },
  ClientClosed: { message: 'the client was closed', retryable: false, hint: 'make the call before close()' },
} as const satisfies Record<string, CodeEntry>;

/** The codes of this package's errors. */
export type KubeErrorCode = keyof typeof codes;
