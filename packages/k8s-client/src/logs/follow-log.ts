import { TransportError } from '../errors/failures.ts';
import { isRetryable, retryAfterMs } from '../errors/predicates.ts';
import type { KubeRequest, Requester } from '../requester.ts';
import { backoffMs } from '../time/backoff.ts';
import type { Clock } from '../time/clock.ts';
import type { ContainerRun } from './container-run.ts';
import { LogCursor } from './log-cursor.ts';

/** A log to follow, and what it takes to go on with it. */
export type LogToFollow = {
  readonly requester: Requester;
  readonly clock: Clock;
  /** The request for the log, without timestamps. */
  readonly request: KubeRequest;
  readonly keepTimes: boolean;
  /** How long it is tried to go on after a loss, in milliseconds. */
  readonly retryForMs: number;
  /** The run of the container as it is now; undefined when its pod is gone. */
  readonly look: () => Promise<ContainerRun | undefined>;
};

/**
 * A container's log from the server's first byte to the end of that run of the container, over as many connections as
 * it takes. A server also ends the log of a container that runs on (its own restart, the kubelet's), so the end of an
 * answer is believed only when the pod agrees.
 * @throws the failure of the connection when the run's log cannot be had any more, or not within `retryForMs`
 */
export async function* followLog(log: LogToFollow): AsyncGenerator<Buffer, void> {
  const { clock, request, retryForMs } = log;
  const cursor = new LogCursor({ keepTimes: log.keepTimes, isPart: asksForPart(request) });
  const run = await log.look();
  let failures = 0;
  let failingSinceMs = 0;
  for (;;) {
    let failure: unknown;
    try {
      const { body } = await log.requester.stream({ ...request, query: queryFrom(request, cursor) });
      cursor.resume();
      for await (const chunk of body) {
        for (const fresh of cursor.push(chunk)) {
          failures = 0;
          yield fresh;
        }
      }
    } catch (error) {
      if (!isRetryable(error)) throw error;
      failure = error;
    }
    if (failures === 0) failingSinceMs = clock.monotonic();
    failures += 1;
    const now = await log.look().catch((error: unknown) => {
      if (!isRetryable(error)) throw error;
      failure ??= error;
      return 'unknown' as const;
    });
    if (now !== 'unknown') {
      const isSameRun = run !== undefined && now?.id === run.id;
      if (failure === undefined && (!isSameRun || now.state === 'ended')) return;
      if (!isSameRun) throw gone(request, failure);
    }
    const waitMs = Math.max(
      backoffMs(failures - 1, { baseMs: 200, maxMs: 5_000, random: clock.random }),
      retryAfterMs(failure) ?? 0,
    );
    if (clock.monotonic() + waitMs - failingSinceMs > retryForMs)
      throw failure instanceof Error ? failure : ended(request);
    await clock.sleep(waitMs, request.signal);
  }
}

const asksForPart = ({ query }: KubeRequest): boolean =>
  ['tailLines', 'sinceSeconds', 'sinceTime'].some((key) => query?.[key] !== undefined);

/** Once something was seen, it alone says where to go on. */
const queryFrom = ({ query }: KubeRequest, { sinceTime }: LogCursor): KubeRequest['query'] => {
  if (sinceTime === undefined) return { ...query, timestamps: true };
  return { ...query, timestamps: true, sinceTime, sinceSeconds: undefined, tailLines: undefined };
};

const gone = ({ method, path }: KubeRequest, cause: unknown): TransportError => {
  const detail = 'the connection broke, and the container was restarted or its pod deleted since: the rest is lost';
  return new TransportError({ phase: 'body', sent: true, request: `${method} ${path}`, cause, detail });
};

const ended = ({ method, path }: KubeRequest): TransportError =>
  new TransportError({
    phase: 'body',
    sent: true,
    request: `${method} ${path}`,
    detail: 'the server ends the log although the container runs',
  });
