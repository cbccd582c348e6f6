import type { ExecOptions } from '../types.ts';

/** {@link ExecOptions} with every default filled in. */
export type PlainOptions = Pick<ExecOptions, 'stdin' | 'timeoutMs' | 'signal' | 'protocols'> &
  Required<Pick<ExecOptions, 'tty' | 'graceMs' | 'verify' | 'retryForMs'>>;

/** The only place with defaults of a plain exec. @throws TypeError for what cannot work */
export function normalizePlainOptions(options: ExecOptions): PlainOptions {
  const tty = options.tty ?? false;
  const verify = options.verify ?? (tty ? 'none' : 'sentinel');
  if (tty && verify === 'sentinel') {
    throw new TypeError('verify: expected "none" with tty, got "sentinel": a terminal merges the streams');
  }
  return Object.freeze({
    ...options,
    tty,
    verify,
    graceMs: options.graceMs ?? 2_000,
    retryForMs: options.retryForMs ?? 0,
  });
}
