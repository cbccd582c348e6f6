import { join } from 'node:path';
import type { Bench, Benchmark, Contender, Figure } from '../benchmark.ts';
import { bound } from '../bound.ts';
import { goReference } from '../programs/go-reference.ts';
import type { Measured } from '../programs/measure.ts';
import { type ReferenceServer, startReferenceServer } from '../programs/reference-server.ts';
import { nodeProgram, pinned, runProgram } from '../programs/run-program.ts';

const sizes = {
  quick: { requests: 2000, rounds: 5 },
  normal: { requests: 10_000, rounds: 5 },
  full: { requests: 20_000, rounds: 11 },
};
// client-node opens a connection for each request: the same number would take it minutes.
const CLIENT_NODE_SHARE = 10;

/** C1: GET of one pod again and again, over TLS. */
export const requests: Benchmark = {
  id: 'C1',
  group: 'k8s-client',
  title: 'GET of a pod of 5 KB, requests per second, one at a time and 32 at a time',
  run: async (bench) => {
    const program = await goReference(bench.progress);
    await using server = await startReferenceServer(program, 1);
    const figures: Figure[] = [];
    for (const concurrency of [1, 32]) figures.push(...(await atConcurrency(bench, { program, server, concurrency })));
    figures.push(await handshakesFigure(bench, server));
    return figures;
  },
};

type Setting = { readonly program: string; readonly server: ReferenceServer; readonly concurrency: number };

const atConcurrency = async (bench: Bench, { program, server, concurrency }: Setting): Promise<Figure[]> => {
  const { requests: total, rounds } = sizes[bench.size];
  const danube = contender(
    `k8s-client c=${concurrency}`,
    server,
    nodeProgram(file('get-danube.ts'), String(total), String(concurrency)),
  );
  const clientNode = contender(
    `client-node c=${concurrency}`,
    server,
    nodeProgram(file('get-client-node.ts'), String(total / CLIENT_NODE_SHARE), String(concurrency)),
  );
  const go = (type: string): Contender =>
    contender(`client-go ${type} c=${concurrency}`, server, [
      program,
      ...['get', '-n', String(total), '-c', String(concurrency), '-type', type],
    ]);
  const common = { id: 'C1', rounds, subject: danube };
  const rate = 'requestsPerSecond';
  return [
    ...(await bench.compare({ ...common, reference: clientNode, metrics: { [rate]: { atLeast: 10 } } })),
    ...(await bench.compare({
      ...common,
      reference: go('application/json'),
      metrics: { [rate]: { atLeast: 0.8 }, cpuPerRequest: { atMost: 1.5 } },
    })),
    ...(await bench.compare({
      ...common,
      reference: go('application/vnd.kubernetes.protobuf'),
      metrics: { [rate]: { atLeast: 0.8 } },
    })),
  ];
};

const handshakesFigure = async (bench: Bench, server: ReferenceServer): Promise<Figure> => {
  const { requests: total } = sizes[bench.size];
  const { handshakes: before } = await server.stats();
  await runProgram(nodeProgram(file('get-danube.ts'), String(total), '1'), { env: server.env });
  const handshakes = (await server.stats()).handshakes - before;
  const what = { id: 'C1', metric: `TLS handshakes for ${total} requests`, subject: 'k8s-client c=1' };
  return bound(what, handshakes, { atMost: 2 });
};

const file = (name: string): string => join(import.meta.dirname, name);

const contender = (name: string, server: ReferenceServer, argv: readonly string[]): Contender => ({
  name,
  run: async () => {
    const { seconds, cpuSeconds, count } = JSON.parse(
      await runProgram(pinned(1, argv), { env: server.env }),
    ) as Measured;
    return { requestsPerSecond: count / seconds, cpuPerRequest: cpuSeconds / count };
  },
});
