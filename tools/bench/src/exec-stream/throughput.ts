import type { Bench, Benchmark, Figure, Target } from '../benchmark.ts';
import { BenchError } from '../errors.ts';
import { type ClientName, execContender, runClient } from './exec-contenders.ts';
import { type PeerPlace, startPeerPlace } from './exec-peer-place.ts';
import { rates } from './rates.ts';

const sizes = { quick: { share: 0.1, rounds: 3 }, normal: { share: 0.5, rounds: 5 }, full: { share: 1, rounds: 11 } };
const CHECKED_BYTES = 100_000_000;

const clients: readonly ClientName[] = ['exec-stream', 'ws', 'client-node', 'client-go', 'kubectl'];

/** Every client must read the same bytes before it may be measured. */
const checkAll = async (place: PeerPlace, frameBytes: number): Promise<void> => {
  const command = ['firehose', String(CHECKED_BYTES), String(frameBytes)];
  const hashes = new Set<string | undefined>();
  for (const client of clients) hashes.add((await runClient(place, client, { options: ['--check'], command })).sha256);
  if (hashes.size !== 1 || hashes.has(undefined))
    throw new BenchError('ProgramFailed', 'the clients read different bytes');
};

type Row = { readonly reference: ClientName; readonly metrics: Readonly<Record<string, Target>> };

const againstAll = async (
  bench: Bench,
  { id, totalBytes, frameBytes, rows }: { id: string; totalBytes: number; frameBytes: number; rows: readonly Row[] },
): Promise<Figure[]> => {
  await using place = await startPeerPlace(bench.progress);
  await checkAll(place, frameBytes);
  const { share, rounds } = sizes[bench.size];
  const bytes = Math.ceil(totalBytes * share);
  const work = { command: ['firehose', String(bytes), String(frameBytes)] };
  const contender = (client: ClientName) =>
    execContender(place, client, { work, figures: (measured) => rates(measured, bytes, client) });
  const figures: Figure[] = [];
  for (const { reference, metrics } of rows) {
    figures.push(
      ...(await bench.compare({
        id,
        rounds,
        subject: contender('exec-stream'),
        reference: contender(reference),
        metrics,
      })),
    );
  }
  return figures;
};

/** E3: as many bytes as there are, in the frames that a real server sends. */
export const firehose: Benchmark = {
  id: 'E3',
  group: 'exec-stream',
  title: 'stdout at full speed over TLS, frames of 32 KiB, against a server made of prepared bytes',
  run: (bench) =>
    againstAll(bench, {
      id: 'E3',
      totalBytes: 8 * 2 ** 30,
      frameBytes: 32 * 1024,
      rows: [
        { reference: 'kubectl', metrics: { bytesPerSecond: { atLeast: 1.1 }, cpuPerByte: { atMost: 0.85 } } },
        { reference: 'client-go', metrics: { bytesPerSecond: { atLeast: 1 } } },
        { reference: 'client-node', metrics: { bytesPerSecond: { atLeast: 2 } } },
        { reference: 'ws', metrics: { bytesPerSecond: { atLeast: 1.35 }, cpuPerByte: { atMost: 0.65 } } },
      ],
    }),
};

/** E4: what a command that writes line by line makes of a connection. */
export const smallFrames: Benchmark = {
  id: 'E4',
  group: 'exec-stream',
  title: 'frames of 80 bytes, in TLS records that are cut at random',
  run: (bench) =>
    againstAll(bench, {
      id: 'E4',
      totalBytes: 20_000_000 * 80,
      frameBytes: 80,
      rows: [
        { reference: 'kubectl', metrics: { bytesPerSecond: { atLeast: 8 } } },
        { reference: 'client-go', metrics: { bytesPerSecond: { atLeast: 8 } } },
        { reference: 'client-node', metrics: { bytesPerSecond: { atLeast: 3 } } },
        { reference: 'ws', metrics: { bytesPerSecond: { atLeast: 3 } } },
      ],
    }),
};
