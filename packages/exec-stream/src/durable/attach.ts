import { setTimeout as sleep } from 'node:timers/promises';
import { ExecAbortedError, ExecError, ExecLostError } from '../errors.ts';
import type { ExitRecord, Journal, JournalChunk, RunState, StreamBytes } from '../types.ts';
import type { PodWatches } from '../pod/pod-watches.ts';
import { Refusals } from '../retry.ts';
import { parseExitRecord } from './exit-record.ts';
import { journalOf } from './journal.ts';
import { relayEvents, type RelayRequest } from './relay-connection.ts';
import type { Program } from './run-program.ts';

/** What to read, and how it behaves when it is cut. */
export interface AttachSettings extends Omit<RelayRequest, 'program' | 'attention'> {
  readonly offsets: StreamBytes;
  readonly pods: PodWatches;
  /** What sends the journal from these offsets on. */
  readonly program: (offsets: StreamBytes) => Program;
  /** Told where the run stands, by programs that say so. */
  readonly onState?: (state: RunState) => void;
  /** Time without any contact after which the last error is thrown. */
  readonly retryForMs: number;
}

/** Settings of a reading, with the way to tell the launcher about it. */
type Reading = AttachSettings & Pick<RelayRequest, 'attention'>;

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5_000;
const POD_SAYS_MS = 3_000;

/** A journal that is read through exec, and taken up again at the same offsets whenever the connection breaks. */
export const attachJournal = (settings: AttachSettings): Journal =>
  journalOf((attention) => readWhilePodLives({ ...settings, attention }));

/** Ends the reading when the container has ended: nobody is there any more who could write or send. */
async function* readWhilePodLives(settings: Reading): AsyncGenerator<JournalChunk, ExitRecord> {
  const { client, target, connection, pods } = settings;
  const reader = client.pods?.(target.namespace);
  const over = new AbortController();
  const ended = new AbortController();
  const signal = connection.signal ? AbortSignal.any([connection.signal, ended.signal]) : ended.signal;
  if (reader) void pods.ended(reader, target, over.signal).then((end) => end && ended.abort(end));
  try {
    return yield* read({ ...settings, connection: { ...connection, signal } });
  } catch (error) {
    // A refusal may be the first that is seen of the end; the pod knows the reason a little later.
    if (reader && error instanceof ExecError && error.started === 'no') {
      await sleep(POD_SAYS_MS, undefined, { signal }).catch(() => undefined);
    }
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    over.abort();
  }
}

async function* read(settings: Reading): AsyncGenerator<JournalChunk, ExitRecord> {
  const offsets: { -readonly [stream in keyof StreamBytes]: number } = { ...settings.offsets };
  const { signal } = settings.connection;
  const refusals = new Refusals();
  let failures = 0;
  let contact = performance.now();
  for (;;) {
    if (signal?.aborted) throw aborted(signal);
    try {
      for await (const event of relayEvents({ ...settings, program: settings.program(offsets) })) {
        failures = 0;
        contact = performance.now();
        if (event.kind === 'record') return complete(parseExitRecord(event.text), offsets);
        if (event.kind === 'state') settings.onState?.(event.state);
        if (event.kind === 'lost') {
          throw new ExecLostError('EXEC_LOST', 'nobody knows how the command ended', { started: 'maybe' });
        }
        if (event.kind === 'state' || event.kind === 'alive') continue;
        const offset = offsets[event.kind];
        offsets[event.kind] += event.data.length;
        yield { stream: event.kind, offset, data: event.data };
        contact = performance.now();
      }
    } catch (error) {
      if (signal?.aborted) throw aborted(signal);
      if (!(error instanceof ExecError) || !(refusals.mayPass(error) || isCut(error))) throw error;
      if (performance.now() - contact > settings.retryForMs) throw error;
      const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** failures++);
      await sleep(delayMs * (0.75 + Math.random() / 2), undefined, signal && { signal }).catch(() => undefined);
    }
  }
}

/** Reading changes nothing, so every end that is not an answer may be tried again. */
const isCut = (error: ExecError): boolean =>
  error.retryable || ['EXEC_CONNECTION_LOST', 'EXEC_EXIT_UNKNOWN', 'EXEC_PROTOCOL'].includes(error.code);

function complete(record: ExitRecord, offsets: StreamBytes): ExitRecord {
  for (const stream of ['stdout', 'stderr'] as const) {
    if (record.bytes[stream] === offsets[stream]) continue;
    const detail = `${stream}: ${record.bytes[stream]} bytes were recorded, ${offsets[stream]} came`;
    throw new ExecError('EXEC_JOURNAL', detail, { started: 'yes' });
  }
  return record;
}

const aborted = (signal: AbortSignal): ExecAbortedError =>
  new ExecAbortedError('EXEC_ABORTED', 'while reading the journal', { started: 'maybe', cause: signal.reason });
