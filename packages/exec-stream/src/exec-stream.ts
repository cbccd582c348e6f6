import type {
  ExecClient,
  ExecOptions,
  ExecSession,
  ExecTarget,
  Journal,
  RunRef,
  RunSpec,
  RunState,
  StreamBytes,
} from './types.ts';

/** Options of a durable start. */
export interface StartOptions {
  readonly signal?: AbortSignal;
  /** How long to try again while the container is not there yet or the connection breaks. @default 30000 */
  readonly retryForMs?: number;
}

/** Commands in containers, through the exec API. */
export declare class ExecStream {
  constructor(client: ExecClient);
  exec(target: ExecTarget, argv: readonly string[], options?: ExecOptions): ExecSession;
  start(target: ExecTarget, spec: RunSpec, options?: StartOptions): Promise<{ readonly state: RunState }>;
  attach(
    target: ExecTarget,
    run: RunRef & { readonly offsets?: StreamBytes },
    options?: { readonly signal?: AbortSignal },
  ): Journal;
  kill(
    target: ExecTarget,
    run: RunRef,
    options?: { readonly graceMs?: number; readonly signal?: AbortSignal },
  ): Promise<{ readonly survivors: number }>;
}
