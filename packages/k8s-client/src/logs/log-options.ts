import type { CallOptions } from '../requester.ts';
import { checkExclusive, checkFlag, checkInteger, checkSignal, checkText } from '../resources/validate-options.ts';
import { checkTimeout } from '../time/check-timeout.ts';

/** Which part of a container's log. `timeoutMs` is the time to the first answer. */
export type LogOptions = CallOptions & {
  /** Needed when the pod has more than one. */
  readonly container?: string | undefined;
  /** Goes on until the container ends. @default false */
  readonly follow?: boolean | undefined;
  /**
   * With `follow`: goes on by itself after a lost connection, and tries to for so long, in milliseconds.
   * @default a lost connection is an error
   */
  readonly retryForMs?: number | undefined;
  /** Of the run before the last restart. @default false */
  readonly previous?: boolean | undefined;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  /** RFC 3339; the server looks at whole seconds. */
  readonly sinceTime?: string | undefined;
  /** Puts the time before each line. @default false */
  readonly timestamps?: boolean | undefined;
};

/** @throws TypeError for what `logs` cannot mean */
export const checkLogOptions = (options: LogOptions): void => {
  checkSignal(options.signal);
  checkText(options.container, 'container');
  for (const flag of ['follow', 'previous', 'timestamps'] as const) checkFlag(options[flag], flag);
  checkInteger(options.tailLines, 'tailLines', 0);
  checkInteger(options.limitBytes, 'limitBytes', 1);
  checkInteger(options.sinceSeconds, 'sinceSeconds', 1);
  const { sinceTime, retryForMs } = options;
  if (sinceTime !== undefined && (!/^\d{4}-\d\d-\d\dT/.test(sinceTime) || Number.isNaN(Date.parse(sinceTime)))) {
    throw new TypeError('sinceTime: expected a time like 2026-01-31T12:00:00Z');
  }
  checkExclusive(options, 'sinceSeconds', 'sinceTime');
  if (options.follow === true && options.previous === true) {
    throw new TypeError('follow and previous: expected only one of the two');
  }
  if (retryForMs === undefined) return;
  checkTimeout(retryForMs, 'retryForMs');
  if (options.follow !== true) throw new TypeError('follow: expected true with retryForMs');
  checkExclusive(options, 'retryForMs', 'limitBytes');
};
