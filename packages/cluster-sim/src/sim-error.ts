/** Every way in which the simulator itself can fail, with the message for it. */
const table = {
  ADDRESS_IN_USE: 'the address is in use: choose another port, or port 0 for a free one',
  ADDRESS_UNUSABLE: 'cannot listen on the address: use an address of this machine, e.g. 127.0.0.1',
  DATA_DIR_UNUSABLE: 'cannot write to the data directory: choose another one with dataDir (--data-dir)',
  KUBECONFIG_UNWRITABLE: 'cannot write the kubeconfig file: choose another path',
  POD_UNKNOWN: 'no such pod or container runs here: create it and wait until it is Running',
} as const;

/** Code of a {@link SimError}. */
export type SimErrorCode = keyof typeof table;

/** The simulator could not do what it was asked. `code` is stable; the message says what to do. */
export class SimError extends Error {
  override readonly name = 'SimError';
  readonly code: SimErrorCode;

  constructor(code: SimErrorCode, subject: string, options?: { cause?: unknown }) {
    super(`${subject}: ${table[code]}`, options);
    this.code = code;
  }
}
