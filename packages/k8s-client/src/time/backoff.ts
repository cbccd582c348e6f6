/** Waiting times that grow: full jitter, so that many clients do not come back at the same moment. */
export type BackoffOptions = { readonly baseMs: number; readonly maxMs: number; readonly random: () => number };

/** How long to wait before try `attempt` (0 = first repetition): anything up to `base * 2^attempt`, capped. */
export const backoffMs = (attempt: number, { baseMs, maxMs, random }: BackoffOptions): number =>
  Math.round(random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30)));
