import type { Io } from '../io.ts';
/** todo */
export const startLocalMode = (io: Io): Promise<AsyncDisposable & { readonly url: URL }> =>
  Promise.reject(new TypeError(`not yet ${typeof io}`));
