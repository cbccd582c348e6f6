/** Refuses what HTTP cannot carry: undici would answer it with a failure that looks like one of the network. */
import type { KubeRequest } from './requester.ts';
import { checkSignal } from './resources/validate-options.ts';
import { checkTimeout } from './time/check-timeout.ts';

/** @throws TypeError naming the field of a request that cannot be sent */
export const checkRequest = ({
  path,
  headers,
  signal,
  timeoutMs,
}: KubeRequest & { readonly timeoutMs: number }): void => {
  checkTimeout(timeoutMs);
  checkSignal(signal);
  checkPath(path);
  for (const [name, value] of Object.entries(headers ?? {})) checkHeader(name, value);
};

/** A query in the path would be shown in messages. @throws TypeError for a path that is not one, or not encoded */
export const checkPath = (path: string): void => {
  if (!/^\/[!-~]*$/.test(path) || /[?#]/.test(path)) {
    throw new TypeError(
      'path: expected one that starts with "/", is encoded, and has no query (there is query for it)',
    );
  }
};

/** The value may be secret and is not shown. */
const checkHeader = (name: string, value: string): void => {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw new TypeError(`headers: expected a name, got ${JSON.stringify(name)}`);
  if (!/^[\t -~\x80-\xff]*$/.test(value))
    throw new TypeError(`headers: expected a text in "${name}" that a header can carry`);
};
