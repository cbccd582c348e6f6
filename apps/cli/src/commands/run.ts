import type { Job, Pipeline } from '@danube/contract';
import type { Command } from '../cli.ts';
import { DanubeClient } from '../client/danube-client.ts';
import { exitCodeOfState } from '../exit-codes.ts';
import { messageOf } from '../errors.ts';
import { type Io, stopOf, write } from '../io.ts';
import { loadJobFile } from '../job-file/load-job-file.ts';
import { Screen, showLog } from '../show-log.ts';
import { chooseView } from '../view/choose-view.ts';
import type { View } from '../view/view.ts';
import { serverNamed } from './server-of.ts';

/** `danube run FILE`: the job belongs to this command, which cancels it when it has to stop. */
export const run: Command = async (io, parsed) => {
  const server = parsed.options['local'] === true ? undefined : serverNamed(io, parsed);
  const pipeline = await loadJobFile(parsed.args[0] ?? '', io.stdin);
  const view = chooseView(String(parsed.options['output'] ?? 'auto'), io);
  await using place = server === undefined ? await localMode(io, pipeline) : remote(server);
  const client = new DanubeClient(place.url);
  // Not given up at the first Ctrl-C: whether the job exists must be known in order to cancel it.
  const job = await client.submit(pipeline, { signal: io.abort });
  return await follow(job, { io, view, client, keepsJobs: place.keepsJobs });
};

/** Where a job runs: a server that is there already, or one that exists only for this job. */
type Place = AsyncDisposable & { readonly url: URL; readonly keepsJobs: boolean };

const localMode = async (io: Io, pipeline: Pipeline): Promise<Place> => {
  const { startLocalMode } = await import('../local/local-mode.ts');
  return Object.assign(await startLocalMode(io, pipeline), { keepsJobs: false });
};

const remote = (url: URL): Place => ({
  url,
  keepsJobs: true,
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

type Followed = { readonly io: Io; readonly view: View; readonly client: DanubeClient; readonly keepsJobs: boolean };

const follow = async (submitted: Job, { io, view, client, keepsJobs }: Followed): Promise<number> => {
  const screen = new Screen(io);
  await screen.show(view.begin(submitted));
  const onStop = () => void cancel();
  const cancel = async (): Promise<void> => {
    await screen.show(view.note(`Cancelling the job (${stopOf(io)?.why ?? ''}); Ctrl-C again ends at once.`));
    try {
      await client.cancel(submitted.id, { signal: io.abort });
    } catch (error) {
      if (!io.abort.aborted) await screen.show(view.note(`The job could not be cancelled: ${messageOf(error)}`));
    }
  };
  io.stop.addEventListener('abort', onStop, { once: true });
  if (io.stop.aborted) onStop();
  try {
    await showLog(client.follow(submitted.id, { signal: io.abort }), { view, screen });
    const job = await client.job(submitted.id, { signal: io.abort });
    await screen.show(view.end(job));
    return stopOf(io)?.exitCode ?? exitCodeOfState(job.state);
  } catch (error) {
    await screen.show(view.end(undefined));
    if (io.abort.aborted && keepsJobs) {
      await write(io.stderr, `danube: not waiting for job ${submitted.id}; see danube get ${submitted.id}\n`);
    }
    throw error;
  } finally {
    io.stop.removeEventListener('abort', onStop);
  }
};
