import { join } from 'node:path';
import type { Benchmark, Figure } from '../benchmark.ts';
import { bound } from '../bound.ts';
import { goReference } from '../programs/go-reference.ts';
import { type ReferenceServer, startReferenceServer } from '../programs/reference-server.ts';
import { nodeProgram, pinned, runProgram } from '../programs/run-program.ts';
import type { Cut } from '../programs/server-control.ts';
import type { Idle } from './measure-idle.ts';
import type { Recovery } from './recover-danube.ts';

const INFORMERS = 100;
const PODS = 10;
// client-node opens a watch anew after 30 s: less would show it at its best.
const idleMs = { quick: 5000, normal: 45_000, full: 600_000 };
const cuts = { quick: 5, normal: 15, full: 50 };
const RETRY_AFTER_MS = 1000;

/** C7: informers of which nothing is asked, and one whose watch is cut again and again. */
export const idleAndCut: Benchmark = {
  id: 'C7',
  group: 'k8s-client',
  title: 'a hundred idle informers, and the way back after a cut',
  run: async (bench) => {
    await using server = await startReferenceServer(await goReference(bench.progress), PODS);
    const figures = await idle(server, idleMs[bench.size], bench.progress);
    for (const how of ['end', 'reset', 'gone', 'busy'] as const) {
      bench.progress(`C7: ${cuts[bench.size]} cuts: ${how}`);
      figures.push(...(await recovery(server, how, cuts[bench.size])));
    }
    return figures;
  },
};

const run = async <Printed>(server: ReferenceServer, name: string, ...args: readonly string[]): Promise<Printed> => {
  const argv = pinned(1, nodeProgram(join(import.meta.dirname, name), ...args));
  return JSON.parse(await runProgram(argv, { env: server.env })) as Printed;
};

const idle = async (server: ReferenceServer, forMs: number, progress: (line: string) => void): Promise<Figure[]> => {
  progress(`C7: ${INFORMERS} informers for ${forMs / 1000} s, k8s-client and client-node`);
  const own = await run<Idle>(server, 'idle-danube.ts', String(INFORMERS), String(forMs));
  const other = await run<Idle>(server, 'idle-client-node.ts', String(INFORMERS), String(forMs));
  const figure = (metric: string, of: keyof Idle) => ({
    ...{ id: 'C7', metric: `${metric} in ${forMs / 1000} s`, subject: `k8s-client, ${INFORMERS} idle informers` },
    ...{ reference: 'client-node', values: [own[of], other[of]] as const },
  });
  return [
    bound(figure('connections opened', 'handshakes'), own.handshakes, { atMost: 0 }),
    bound(figure('CPU ms/s', 'cpuMsPerSecond'), own.cpuMsPerSecond, { atMost: 5 }),
  ];
};

const recovery = async (server: ReferenceServer, how: Cut, times: number): Promise<Figure[]> => {
  const { tookMs, wrong, sentBytesPerByte } = await run<Recovery>(server, 'recover-danube.ts', how, String(times));
  const figure = (metric: string) => ({ id: 'C7', metric, subject: `k8s-client, ${times} cuts: ${how}` });
  // It is right to wait as long as the server asks: only what comes on top counts.
  const longestMs = Math.max(...tookMs) - (how === 'busy' ? RETRY_AFTER_MS : 0);
  const figures = [
    bound(figure('changes lost, doubled or out of order'), wrong, { atMost: 0 }),
    bound(figure('longest way back to the present, ms'), longestMs, { atMost: 1000 }),
  ];
  // A version that is gone needs a new list.
  if (how !== 'gone') {
    figures.push(bound(figure('bytes sent for each byte missed'), sentBytesPerByte, { atMost: 1.02 }));
  }
  return figures;
};
