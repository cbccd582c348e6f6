import { ExecStream, isExecError } from '@danube/exec-stream';
import type { Bench, Benchmark, Figure } from '../benchmark.ts';
import { bound } from '../bound.ts';
import { percentile } from '../statistics.ts';
import { readAll, type RunPlace, shellText, startRunPlace } from './run-place.ts';
import { withPlace } from './with-place.ts';

const sizes = { quick: 20, normal: 100, full: 500 };
const RUNNING = 10;
const GRACE_MS = 0;
const MAX_CANCEL_MS = 250 + GRACE_MS;

/** A child, a grandchild in another session and its child; none of them minds TERM, so all must be killed. */
const tree = (mark: string): string =>
  `export MARK=${mark}; trap '' TERM; setsid sh -c 'sleep 900 & sleep 901' & sleep 902 & echo up; wait`;

/** E10: commands with grandchildren, ${RUNNING} of them running, that are cancelled one after another. */
export const cancel: Benchmark = {
  id: 'E10',
  group: 'exec-stream',
  title: `from a cancel to a tree that is gone, while ${RUNNING} commands run`,
  run: async (bench) => {
    const figures: Figure[] = [];
    for (const name of ['simulator', 'real node'] as const) {
      const start = (): Promise<RunPlace> => startRunPlace(name);
      figures.push(...(await withPlace({ id: 'E10', metric: `ms, ${name}`, start }, (place) => all(bench, place))));
    }
    return figures;
  },
};

/** A command that runs, and what ends it. The answer is the number of processes that are left. */
type Cancel = () => Promise<number>;

const all = async (bench: Bench, place: RunPlace): Promise<Figure[]> => {
  const total = sizes[bench.size];
  const figures: Figure[] = [];
  for (const [name, begin] of [
    ['exec', beginExec],
    ['run', beginRun],
  ] as const) {
    bench.progress(`E10: ${total} × ${name} on the ${place.name}`);
    const mark = `e10-${name}`;
    const tookMs: number[] = [];
    let reported = 0;
    for (let done = 0; done < total; done += RUNNING) {
      const running = await Promise.all(Array.from({ length: RUNNING }, () => begin(place, mark)));
      for (const end of running) {
        const startedMs = performance.now();
        reported += await end();
        tookMs.push(performance.now() - startedMs);
      }
    }
    const found = await shellText(place, `grep -l MARK=${mark} /proc/[0-9]*/environ 2>/dev/null | wc -l`);
    const figure = (metric: string) => ({ id: 'E10', metric: `${metric}, ${place.name}`, subject: name });
    figures.push(
      bound(figure('ms, 50 %'), percentile(tookMs, 0.5), { atMost: MAX_CANCEL_MS }),
      bound(figure('ms, 99 %'), percentile(tookMs, 0.99), { atMost: MAX_CANCEL_MS }),
      bound(figure(`processes left of ${total} trees`), Math.max(reported, Number(found)), { atMost: 0 }),
    );
  }
  return figures;
};

const beginExec = async ({ client, target }: RunPlace, mark: string): Promise<Cancel> => {
  const controller = new AbortController();
  const options = { signal: controller.signal, graceMs: GRACE_MS };
  const session = new ExecStream(client).exec(target, ['sh', '-c', tree(mark)], options);
  session.stderr.resume();
  const ended = session.result.then(
    () => Number.NaN,
    (error: unknown) => (isExecError(error) ? (error.survivors ?? Number.NaN) : Number.NaN),
  );
  await new Promise((resolve) => session.stdout.once('data', resolve));
  return () => {
    controller.abort();
    return ended;
  };
};

const beginRun = async (place: RunPlace, mark: string): Promise<Cancel> => {
  const stream = new ExecStream(place.client);
  const ref = place.newRun();
  const run = stream.run(place.target, { ...ref, run: tree(mark) });
  const up = Promise.withResolvers<undefined>();
  readAll(run, () => up.resolve(undefined)).catch(() => undefined);
  await up.promise;
  return async () => {
    const { survivors } = await stream.kill(place.target, ref, { graceMs: GRACE_MS });
    return survivors;
  };
};
