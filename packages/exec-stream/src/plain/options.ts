import type { ExecOptions } from '../types.ts';

/** {@link ExecOptions} with every default filled in. */
export type PlainOptions = Pick<ExecOptions, 'stdin' | 'timeoutMs' | 'signal' | 'protocols'> &
  Required<Pick<ExecOptions, 'tty' | 'graceMs' | 'verify' | 'retryForMs'>>;

/** The only place with defaults of a plain exec. */
export function normalizePlainOptions(options: ExecOptions): PlainOptions {
  const tty = options.tty ?? false;
  const verify = options.verify ?? (tty ? 'none' : 'sentinel');
  return Object.freeze({
    ...options,
    tty,
    verify,
    graceMs: options.graceMs ?? 2_000,
    retryForMs: options.retryForMs ?? 0,
  });
}
