import { randomBytes } from 'node:crypto';
import { ExecAbortedError } from '../errors.ts';
import { offsetArgs, relayProgram, runProgram } from '../launcher/programs.ts';
import type { JournalChunk, Run, RunRef, RunSpec, RunState, StreamBytes } from '../types.ts';
import { attachJournal, type AttachSettings } from './attach.ts';
import type { Program } from './run-program.ts';

/** Program that sends the journal of a run, wherever it stands. */
export const attachment = (run: RunRef, offsets: StreamBytes): Program => ({
  operation: 'attach',
  args: [run.dir, run.id, ...offsetArgs(offsets)],
  text: relayProgram(),
});

/** Starts a run and reads it on the same connection. As long as nothing was heard of it, every new connection starts it, too. */
export function startAndAttach(spec: RunSpec, settings: Omit<AttachSettings, 'program' | 'onState'>): Run {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly state: RunState }>();
  promise.catch(() => undefined);
  let known = false;
  const stop = new AbortController();
  const { signal } = settings.connection;
  const journal = attachJournal({
    ...settings,
    connection: { ...settings.connection, signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal },
    program: (offsets) => (known ? attachment(spec, offsets) : starting(spec, offsets)),
    onState: (state) => {
      known = true;
      resolve({ state });
    },
  });
  journal.exit.catch(reject);
  const source = journal[Symbol.asyncIterator]();
  const chunks = begun(source);
  return {
    id: spec.id,
    started: promise,
    exit: journal.exit,
    acknowledge: (offsets) => journal.acknowledge(offsets),
    [Symbol.asyncIterator]: () => chunks,
    [Symbol.asyncDispose]: async () => {
      stop.abort(new ExecAbortedError('EXEC_ABORTED', 'the run was let go', { started: 'maybe' }));
      await chunks.return(undefined);
      await source.return?.();
    },
  };
}

/** The same, begun: a run starts whether or not somebody reads it. */
function begun(source: AsyncIterator<JournalChunk>): AsyncGenerator<JournalChunk, void> {
  const first = source.next();
  first.catch(() => undefined);
  async function* chunks(): AsyncGenerator<JournalChunk, void> {
    try {
      for (let step = await first; !step.done; step = await source.next()) yield step.value;
    } finally {
      await source.return?.();
    }
  }
  return chunks();
}

const starting = (spec: RunSpec, offsets: StreamBytes): Program => ({
  operation: 'run',
  args: [spec.dir, spec.id, spec.workingDir ?? '', ...offsetArgs(offsets)],
  text: runProgram(spec, randomBytes(16).toString('hex')),
});
