import { join } from 'node:path';
import type { Benchmark, Contender, Figure } from '../benchmark.ts';
import type { Size } from '../options.ts';
import { bound } from '../bound.ts';
import { BenchError } from '../errors.ts';
import { goReference } from '../programs/go-reference.ts';
import type { Measured, Stalls } from '../programs/measure.ts';
import { type ReferenceServer, startReferenceServer } from '../programs/reference-server.ts';
import { nodeProgram, pinned, runProgram } from '../programs/run-program.ts';

type Synced = Measured & Stalls & { readonly heapBytesPerObject: number };

const rounds: Readonly<Record<Size, number>> = { quick: 3, normal: 5, full: 11 };
const podCount: Readonly<Record<Size, number>> = { quick: 5000, normal: 20_000, full: 20_000 };
const MAX_STALL_MS = 25;
const MAX_HEAP_BYTES_PER_POD = 500;

const sync = async (server: ReferenceServer, argv: readonly string[]): Promise<Synced> =>
  JSON.parse(await runProgram(pinned(1, argv), { env: server.env })) as Synced;

const danube = (...args: readonly string[]): string[] =>
  nodeProgram(join(import.meta.dirname, 'sync-danube.ts'), ...args);
const clientNode = nodeProgram(join(import.meta.dirname, 'sync-client-node.ts'));

const contender = (name: string, server: ReferenceServer, argv: readonly string[]): Contender => ({
  name,
  run: async () => {
    const { seconds, cpuSeconds, peakRssBytes } = await sync(server, argv);
    return { seconds, cpuSeconds, peakRssBytes };
  },
});

const stallFigures = (of: { readonly id: string; readonly subject: string }, stalls: Stalls): Figure[] => [
  bound({ ...of, metric: 'longest stall, ms' }, stalls.longestStallMs, { atMost: MAX_STALL_MS }),
  bound({ ...of, metric: 'longest stall, ms of CPU' }, stalls.longestStallCpuMs, { atMost: MAX_STALL_MS }),
];

/** C2: the first synchronisation of an informer. */
export const informerSync: Benchmark = {
  id: 'C2',
  group: 'k8s-client',
  title: 'initial synchronisation of an informer',
  run: async (bench) => {
    const pods = podCount[bench.size];
    const program = await goReference(bench.progress);
    await using server = await startReferenceServer(program, pods);
    const figures: Figure[] = [];
    for (const kept of ['projected', 'whole'] as const) {
      const argv = danube(kept);
      const subject = contender(`k8s-client ${pods} pods, ${kept}`, server, argv);
      const common = { id: 'C2', rounds: rounds[bench.size], subject };
      figures.push(
        ...(await bench.compare({
          ...common,
          reference: contender('client-node', server, clientNode),
          metrics: { seconds: { atMost: 1 / 3.5 }, cpuSeconds: { atMost: 1 / 3.5 }, peakRssBytes: { atMost: 0.2 } },
        })),
        ...(await bench.compare({
          ...common,
          reference: contender('client-go JSON', server, [program, 'informer']),
          metrics: { seconds: { atMost: 1 } },
        })),
        ...stallFigures({ id: 'C2', subject: subject.name }, await sync(server, danube(kept, 'warm'))),
      );
    }
    return figures;
  },
};

/** C2 at a size that client-node cannot list. */
export const manyPods: Benchmark = {
  id: 'C2-100k',
  group: 'k8s-client',
  title: 'initial synchronisation of 100,000 pods',
  run: async (bench) => {
    const pods = bench.size === 'quick' ? 20_000 : 100_000;
    const program = await goReference(bench.progress);
    await using server = await startReferenceServer(program, pods);
    const argv = danube('projected');
    const subject = contender(`k8s-client ${pods} pods, projected`, server, argv);
    const { count, ...stalls } = await sync(server, danube('projected', 'warm'));
    const figure = (metric: string) => ({ id: 'C2-100k', metric, subject: subject.name });
    return [
      bound({ ...figure('pods in the store'), values: [count, pods] }, count / pods, { atLeast: 1 }),
      ...stallFigures({ id: 'C2-100k', subject: subject.name }, stalls),
      ...(await bench.compare({
        ...{ id: 'C2-100k', rounds: 1, subject, reference: contender('client-go JSON', server, [program, 'informer']) },
        metrics: { seconds: { atMost: 0.4 }, peakRssBytes: { atMost: 1 } },
      })),
      await clientNodeAt(pods, server),
    ];
  },
};

/** What becomes of client-node at this size: nothing is demanded of it. */
const clientNodeAt = async (pods: number, server: ReferenceServer): Promise<Figure> => {
  const what = { id: 'C2-100k', metric: 'pods in the store', subject: `client-node ${pods} pods`, reference: 'none' };
  const recorded = { ...what, interval: null, target: 'none', verdict: 'recorded' } as const;
  try {
    const { count } = await sync(server, clientNode);
    return { ...recorded, ratio: count / pods };
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    return { ...recorded, ratio: 0, why: /\b(ERR_\w+|heap out of memory)/.exec(error.message)?.[0] ?? error.message };
  }
};

/** C5: what a pod costs in the store when only some fields are kept. */
export const projectedStore: Benchmark = {
  id: 'C5',
  group: 'k8s-client',
  title: 'heap for each pod in a projected store with an index',
  run: async (bench) => {
    await using server = await startReferenceServer(await goReference(bench.progress), podCount[bench.size]);
    const { heapBytesPerObject, count } = await sync(server, danube('projected', 'warm'));
    const what = { id: 'C5', metric: 'heap bytes for each pod', subject: `k8s-client ${count} pods, projected` };
    return [bound(what, heapBytesPerObject, { atMost: MAX_HEAP_BYTES_PER_POD })];
  },
};
