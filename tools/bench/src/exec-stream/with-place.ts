import type { Figure } from '../benchmark.ts';
import { BenchError } from '../errors.ts';

/** Where a benchmark runs, and what it says when there is no such place. */
export type PlaceOptions<Place> = {
  readonly id: string;
  readonly metric: string;
  readonly start: () => Promise<Place>;
};

/** Runs a benchmark in a place; without one, says that it was not measured and why. */
export const withPlace = async <Place extends AsyncDisposable>(
  { id, metric, start }: PlaceOptions<Place>,
  run: (place: Place) => Promise<Figure[]>,
): Promise<Figure[]> => {
  try {
    await using place = await start();
    return await run(place);
  } catch (error) {
    if (!(error instanceof BenchError && error.code === 'ReferenceMissing')) throw error;
    const nothing = { ratio: null, interval: null, target: '', reference: '' };
    return [{ id, metric, subject: 'exec-stream', ...nothing, verdict: 'not-measured', why: error.message }];
  }
};
