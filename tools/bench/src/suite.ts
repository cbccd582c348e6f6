import type { Benchmark } from './benchmark.ts';
import { BenchError } from './errors.ts';
import { cancel } from './exec-stream/cancel.ts';
import { durableThroughput } from './exec-stream/durable-throughput.ts';
import { latency } from './exec-stream/latency.ts';
import { lineLag } from './exec-stream/line-lag.ts';
import { manyExecs } from './exec-stream/many-execs.ts';
import { manyStreams } from './exec-stream/many-streams.ts';
import { nodeThroughput } from './exec-stream/node-throughput.ts';
import { resume } from './exec-stream/resume.ts';
import { slowReader } from './exec-stream/slow-reader.ts';
import { stdin } from './exec-stream/stdin.ts';
import { firehose, smallFrames } from './exec-stream/throughput.ts';
import { atRest } from './coordinator/at-rest.ts';
import { firstDial } from './coordinator/first-dial.ts';
import { arrival } from './k8s-client/arrival.ts';
import { idleAndCut } from './k8s-client/idle-and-cut.ts';
import { watchEvents } from './k8s-client/watch-events.ts';
import { requests } from './k8s-client/requests.ts';
import { informerSync, manyPods, projectedStore } from './k8s-client/informer-sync.ts';
import { building } from './pod-builder/building.ts';
import { deleting } from './pod-builder/deleting.ts';
import { firstByte } from './pod-builder/first-byte.ts';
import { startUp } from './k8s-client/start-up.ts';

const suite: readonly Benchmark[] = [
  requests,
  informerSync,
  manyPods,
  projectedStore,
  watchEvents,
  arrival,
  idleAndCut,
  startUp,
  firstByte,
  deleting,
  building,
  latency,
  nodeThroughput,
  firehose,
  smallFrames,
  lineLag,
  stdin,
  slowReader,
  manyStreams,
  manyExecs,
  cancel,
  resume,
  durableThroughput,
  firstDial,
  atRest,
];

/** The benchmarks of these names: ids, or the packages that they belong to. None: all. */
export const select = (names: readonly string[]): readonly Benchmark[] => {
  if (names.length === 0) return suite;
  for (const name of names) {
    if (!suite.some(({ id, group }) => name === id || name === group)) {
      const known = [...new Set(suite.flatMap(({ id, group }) => [group, id]))].join(', ');
      throw new BenchError('BadOption', `no benchmark is called "${name}"; there are: ${known}`);
    }
  }
  return suite.filter(({ id, group }) => names.includes(id) || names.includes(group));
};
