import { showProgress } from '../progress.ts';
import type { Row } from '../report.ts';
import type { ChaosCluster } from './clusters.ts';

/** What a scenario is run with. */
export interface Ground {
  readonly cluster: ChaosCluster;
  readonly seed: number;
  /** How many. What is counted, each scenario says. */
  readonly tries: number;
  readonly quick: boolean;
}

/** One thing that goes wrong on purpose, and what has to hold all the same. */
export interface Scenario {
  readonly name: string;
  readonly tries: Readonly<Record<'full' | 'quick', Readonly<Record<'sim' | 'real', number>>>>;
  run(ground: Ground): Promise<readonly Row[]>;
}

/** Does `count` things, at most `atOnce` at the same time. */
export async function inParallel(
  { count, atOnce }: { readonly count: number; readonly atOnce: number },
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      await work(index);
      done++;
    }
  };
  const progress = showProgress(() => `${done} of ${count}`);
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  } finally {
    progress.stop();
  }
}

const LATE = Symbol('late');

/** The value of a promise; a violation when it does not settle in time, because every promise has to. */
export async function settled<T>(promise: Promise<T>, limitMs: number): Promise<T | string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => (timer = setTimeout(() => resolve(LATE), limitMs)));
  const first = await Promise.race([promise, late]);
  clearTimeout(timer);
  return first === LATE ? `a promise did not settle within ${limitMs / 1000} s` : first;
}
