import { ExecAbortedError, ExecError } from './errors.ts';
import { checkRef } from './durable/check-spec.ts';
import type { Attention } from './durable/attention.ts';
import { IdleProbe } from './durable/idle-probe.ts';
import { journalOf } from './durable/journal.ts';
import { RunFiles, type StreamName } from './durable/run-files.ts';
import { Tail } from './durable/tail.ts';
import { Teller } from './durable/teller.ts';
import { Wakeup } from './durable/wakeup.ts';
import type { ExitRecord, Journal, JournalChunk, RunRef, StreamBytes } from './types.ts';

/** Options of {@link readJournal}. */
export interface ReadJournalOptions extends RunRef {
  /** Where to go on. @default the beginning */
  readonly offsets?: StreamBytes;
  /** What to read. With none, the iteration yields nothing and ends with the run: a cheap wait for the exit record. @default both */
  readonly streams?: readonly ('stdout' | 'stderr')[];
  readonly signal?: AbortSignal;
  /**
   * Asked while nothing happens: `() => execStream.probe(target, run)`. Only a look from inside the container can tell a quiet
   * command from a dead launcher; without it, a lost run is waited for until the signal. Its failures are no evidence.
   */
  readonly probe?: () => Promise<{ readonly state: string }>;
  /** Silence after which {@link ReadJournalOptions.probe} is asked. @default 10000 */
  readonly probeAfterMs?: number;
}

/**
 * Reads a run's output straight from a volume that is shared with its container: no connection, nothing to lose.
 * It may be called before the run starts. The files are distrusted, because the command can write to the same volume.
 * On a volume that can be written it keeps an {@link RunSpec.orphanAfterMs | orphan} alive, and can acknowledge.
 */
export function readJournal(options: ReadJournalOptions): Journal {
  checkRef(options);
  return journalOf((attention) => read(options, attention));
}

/** A part of one stream of a run. */
export interface JournalRange extends RunRef {
  readonly stream: StreamName;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Reads bytes that are known to be in the journal of a run on a shared volume.
 * @throws ExecError `EXEC_FREED` when they were acknowledged, `EXEC_JOURNAL` when they are not there
 */
export async function readJournalRange({ stream, offset, bytes, ...run }: JournalRange): Promise<Buffer> {
  checkRef(run);
  await using files = new RunFiles(run);
  await files.open();
  await using tail = new Tail(files, stream, offset);
  const parts: Buffer[] = [];
  let missingBytes = bytes;
  while (missingBytes > 0) {
    const chunk = await tail.next(undefined);
    if (!chunk) {
      throw new ExecError('EXEC_JOURNAL', `${stream}: ${missingBytes} bytes are not there`, { started: 'yes' });
    }
    const data = chunk.data.subarray(0, missingBytes);
    parts.push(data);
    missingBytes -= data.length;
  }
  return Buffer.concat(parts);
}

/**
 * Removes the output of a run on a shared volume, which nobody needs again; its exit record stays. Can be repeated, and does nothing for a run
 * that has not ended: then the launcher removes what is {@link Journal.acknowledge | acknowledged}.
 * @throws ExecError `EXEC_JOURNAL` when the volume cannot be written
 */
export async function discardJournal(run: RunRef): Promise<void> {
  checkRef(run);
  await using files = new RunFiles(run);
  if (!(await files.open()) || !(await files.record())) return;
  await files.removeOutput().catch((cause: unknown) => {
    throw new ExecError('EXEC_JOURNAL', 'the output of the run cannot be removed', { started: 'yes', cause });
  });
}

async function* read(options: ReadJournalOptions, attention: Attention): AsyncGenerator<JournalChunk, ExitRecord> {
  await using files = new RunFiles(options);
  using wakeup = new Wakeup(options.signal);
  await using stdout = new Tail(files, 'stdout', options.offsets?.stdout ?? 0);
  await using stderr = new Tail(files, 'stderr', options.offsets?.stderr ?? 0);
  const tails = [stdout, stderr].filter(({ stream }) => options.streams?.includes(stream) ?? true);
  const idle = new IdleProbe(options);
  await using teller = new Teller(files);
  for (;;) {
    if (options.signal?.aborted) throw aborted(options.signal);
    if (await files.open()) {
      wakeup.watch(files.path);
      teller.begin(attention);
    }
    teller.check();
    // The record first: when it is there, its byte counts are final, and everything they count is there too.
    const record = await files.record();
    let moved = false;
    for (const tail of tails) {
      for (let chunk = await tail.next(record); chunk; chunk = await tail.next(record)) {
        moved = true;
        yield chunk;
      }
    }
    if (record) return record;
    if (moved) idle.reset();
    else await idle.check();
    await wakeup.next();
  }
}

const aborted = (signal: AbortSignal): ExecAbortedError =>
  new ExecAbortedError('EXEC_ABORTED', 'while reading the journal', { started: 'maybe', cause: signal.reason });
