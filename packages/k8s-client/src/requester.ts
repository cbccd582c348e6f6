import type { Recovery } from './retry/with-retries.ts';
import type { Method, WireStream } from './transport/wire.ts';
import type { Query } from './resources/resource-path.ts';

/** Options of every call. */
export type CallOptions = {
  /** Ends the call; what was sent may still be applied. */
  readonly signal?: AbortSignal | undefined;
  /** Time for the call with all its retries, in milliseconds. @default the client's `timeoutMs` (60 s) */
  readonly timeoutMs?: number | undefined;
};

/** One request to the API server. */
export type KubeRequest = CallOptions & {
  readonly method: Method;
  /** Absolute path below the server's URL, already encoded. */
  readonly path: string;
  readonly query?: Query | undefined;
  /** Sent as JSON, unless it is a text or bytes already. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Makes a value of a JSON body; a SyntaxError from it becomes BadResponse. @default JSON.parse */
  readonly read?: ((body: Buffer) => unknown) | undefined;
};

/** What the typed clients need of the client: a whole answer, or a stream. */
export type Requester = {
  /** Sends, decodes JSON, throws typed errors. `recovery` says how it may be repeated; unset: reads may, writes may not. */
  request<T>(request: KubeRequest, recovery?: Recovery<T>): Promise<T>;
  /** Sends and hands out the body as it comes; error statuses are thrown. */
  stream(request: KubeRequest, recovery?: Recovery<WireStream>): Promise<WireStream>;
};
