import { type JobResult, jobResultSchema } from '@danube/contract';
import { labels } from '@danube/contract/names';
import { containerOf, type PodFacts } from './pod-facts.ts';

/**
 * What the coordinator left as its termination message. Undefined when it did not end, or left nothing, or something
 * else, or the result of another job: none of these is evidence.
 */
export const jobResultOf = (facts: PodFacts): JobResult | undefined => {
  const message = containerOf(facts, 'coordinator')?.state.terminated?.message;
  if (message === undefined) return undefined;
  const parsed = jobResultSchema.safeParse(json(message));
  return parsed.success && parsed.data.jobId === facts.pod.metadata?.labels?.[labels.jobId] ? parsed.data : undefined;
};

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
