/** What can go wrong with a benchmark, as opposed to a figure that misses its target. */
export const benchErrors = {
  BadOption: { exitCode: 2 },
  /** A program that a reference needs is not on this machine. */
  ReferenceMissing: { exitCode: 0 },
  ProgramFailed: { exitCode: 1 },
} as const;

/** An error of this tool; `code` is a key of {@link benchErrors}. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly code: keyof typeof benchErrors;

  constructor(code: keyof typeof benchErrors, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
