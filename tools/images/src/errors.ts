/** What each failure means and what to do. */
const table = {
  BadOption: { what: 'The command line is not understood', todo: 'See `npm run images -- --help`.', exitCode: 2 },
  PathTooLong: { what: 'A path does not fit into a tar header', todo: 'Use a shorter path.', exitCode: 3 },
  FileChanged: { what: 'A file changed while it was packed', todo: 'Try again.', exitCode: 3 },
  MissingProgram: { what: 'A program is missing', todo: 'Install the Debian package that is named.', exitCode: 3 },
  ProgramFailed: { what: 'A program failed', todo: 'Read its output.', exitCode: 3 },
  BundleFailed: { what: 'The app cannot be bundled', todo: 'Mend the source that is named.', exitCode: 3 },
} as const;

/** A failure of image building, by name. */
export type ImageErrorCode = keyof typeof table;

/** A failure with what happened, why, and what to do. `exitCode` is what the command ends with. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code: ImageErrorCode;
  readonly exitCode: number;

  constructor(code: ImageErrorCode, why: string, options?: ErrorOptions) {
    const { what, todo, exitCode } = table[code];
    super(`${what}: ${why.replace(/\.$/, '')}. ${todo}`, options);
    this.code = code;
    this.exitCode = exitCode;
  }
}
