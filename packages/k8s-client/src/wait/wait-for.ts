import { AbortedError, TimeoutError } from '../errors/failures.ts';
import { isGone } from '../errors/predicates.ts';
import type { KubeObject } from '../resources/models.ts';
import type { ResourceClient } from '../resources/resource-client.ts';
import { checkSignal } from '../resources/validate-options.ts';
import { escapeField } from '../resources/selectors.ts';
import { checkTimeout } from '../time/check-timeout.ts';
import type { Condition } from './conditions.ts';
import { describeObject } from './describe-object.ts';

/** How long to wait. */
export type WaitOptions = {
  /** Time until the wait is given up, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** What is waited for. */
export type Awaited<T> = { readonly name: string; readonly condition: Condition<T> };

/**
 * Waits until the condition holds for one object, on a single list and watch of that name.
 * Resolves with the object, or undefined when the condition holds without one (`isDeleted`).
 */
export const waitFor = async <T extends KubeObject>(
  client: ResourceClient<T>,
  { name, condition }: Awaited<T>,
  { timeoutMs, signal }: WaitOptions,
): Promise<T | undefined> => {
  checkTimeout(timeoutMs);
  checkSignal(signal);
  if (typeof condition !== 'function') throw new TypeError('condition: expected a function of the object');
  const request = `WAIT ${client.pathOf(name)}`;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  const either = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]);
  let last: T | undefined;
  try {
    const scope = { fieldSelector: `metadata.name=${escapeField(name)}`, signal: either };
    // A watch that fell too far behind starts again from a list.
    for (;;) {
      const { items, resourceVersion } = await client.list({ ...scope, timeoutMs });
      last = items[0];
      if (condition(last)) return last;
      try {
        for await (const event of client.watch({ ...scope, resourceVersion })) {
          if (event.type === 'BOOKMARK') continue;
          last = event.type === 'DELETED' ? undefined : event.object;
          if (condition(last)) return last;
        }
      } catch (error) {
        if (!isGone(error)) throw error;
      }
      if (either.aborted) throw new AbortedError({ request, cause: signal?.reason });
    }
  } catch (error) {
    if (!deadline.signal.aborted || signal?.aborted === true) throw error;
    throw new TimeoutError({
      phase: 'wait',
      sent: true,
      timeoutMs,
      request,
      cause: error,
      detail: `the condition did not hold within ${timeoutMs} ms; at last ${describeObject(last)}`,
    });
  } finally {
    clearTimeout(timer);
  }
};
