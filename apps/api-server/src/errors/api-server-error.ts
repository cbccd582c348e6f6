/** Why an api-server cannot start or go on: what to do stands beside each code. */
export const apiServerErrors = {
  DATA_DIR_UNUSABLE: 'Name a directory that this user can write to (DANUBE_DATA_DIR), or change its owner.',
  STORE_IN_USE: 'Stop the other api-server, or give this one a data directory of its own (DANUBE_DATA_DIR).',
  STORE_NEWER: 'Start the version of Danube that wrote it, or a newer one.',
  STORE_UNREADABLE: 'Restore the file from a backup, or move it away to begin with an empty store.',
  PORT_IN_USE: 'Stop what listens there, or choose another port (DANUBE_PORT; 0 takes a free one).',
  PORT_FORBIDDEN: 'Choose a port above 1023 (DANUBE_PORT).',
  ADDRESS_UNAVAILABLE: 'Choose an address that this machine has (DANUBE_HOST), such as 127.0.0.1 or 0.0.0.0.',
  INVALID_SETTING: 'Correct the setting; --help lists all of them.',
} as const;

/** A code of {@link apiServerErrors}. */
export type ApiServerErrorCode = keyof typeof apiServerErrors;

/** An api-server could not start. The message is one line and ends with what to do; nothing is left running. */
export class ApiServerError extends Error {
  override readonly name = 'ApiServerError';
  readonly code: ApiServerErrorCode;

  constructor(code: ApiServerErrorCode, what: string, options?: { readonly cause?: unknown }) {
    super(`${what}. ${apiServerErrors[code]}`, options);
    this.code = code;
  }
}
