import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecPodError } from '../errors.ts';
import type { ExecTarget } from '../types.ts';
import { baselineOf, type PodBaseline, podEnd, type PodLike } from './pod-end.ts';

/** What is needed to look after a pod. `client.pods(namespace)` of `@danube/k8s-client` is one. */
export interface PodReader {
  get(name: string, options: { readonly signal: AbortSignal }): Promise<PodLike>;
  watch(options: {
    readonly fieldSelector: string;
    readonly resourceVersion?: string;
    readonly signal: AbortSignal;
  }): AsyncIterable<{ readonly type: string; readonly object: PodLike }>;
}

/** Commands that end sooner cost the API server no watch. */
const FIRST_LOOK_AFTER_MS = 1_000;
/** The connection may know more: its own word is waited for this long. */
const LAST_WORDS_MS = 500;
const AGAIN_AFTER_MS = 2_000;

/**
 * Resolves when the container that runs a command has ended, with the error that says how; undefined at the signal. A pod that cannot be
 * looked at (no permission, API server away) is no evidence: it is looked at again. Never rejects.
 */
export async function podEnded(
  reader: PodReader,
  target: ExecTarget,
  signal: AbortSignal,
): Promise<ExecPodError | undefined> {
  let baseline: PodBaseline | undefined;
  for (let waitMs = FIRST_LOOK_AFTER_MS; ; waitMs = AGAIN_AFTER_MS) {
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
    try {
      const pod = await look(reader, target, signal);
      if (pod) baseline ??= baselineOf(pod, target.container);
      const end =
        baseline &&
        (podEnd(pod, target.container, baseline) ?? (pod && (await follow(reader, { target, pod, baseline, signal }))));
      if (end) {
        await sleep(LAST_WORDS_MS, undefined, { signal }).catch(() => undefined);
        return end;
      }
    } catch {
      // No evidence.
    }
  }
}

async function look(reader: PodReader, target: ExecTarget, signal: AbortSignal): Promise<PodLike | undefined> {
  try {
    return await reader.get(target.pod, { signal });
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'status' in error && error.status === 404) return undefined;
    throw error;
  }
}

interface Following {
  readonly target: ExecTarget;
  readonly pod: PodLike;
  readonly baseline: PodBaseline;
  readonly signal: AbortSignal;
}

async function follow(
  reader: PodReader,
  { target, pod, baseline, signal }: Following,
): Promise<ExecPodError | undefined> {
  const { resourceVersion } = pod.metadata ?? {};
  const options = {
    fieldSelector: `metadata.name=${target.pod}`,
    signal,
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  for await (const { type, object } of reader.watch(options)) {
    if (type === 'BOOKMARK') continue;
    const end = podEnd(type === 'DELETED' ? undefined : object, target.container, baseline);
    if (end) return end;
  }
  return undefined;
}
