import type { IncomingHttpHeaders } from 'node:http';

/** HTTP methods the Kubernetes API uses. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** One request as it goes out: everything decided, nothing to normalise. */
export type WireRequest = {
  readonly method: Method;
  /** Path with query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Time until the whole answer is there; for a stream, until its headers are. */
  readonly timeoutMs: number;
  /** For messages: method and path without query. */
  readonly label: string;
};

/** A whole answer. */
export type WireResponse = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer };

/** An answer whose body is still coming. Read it to its end, or `return()` from the iteration, to free the connection. */
export type WireStream = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterableIterator<Buffer>;
};
