import type { LogEntry } from '@danube/contract';
import type { Command } from '../cli.ts';
import type { DanubeClient } from '../client/danube-client.ts';
import { exitCodeOfState, exitCodes } from '../exit-codes.ts';
import { type Io, stopOf } from '../io.ts';
import { Screen, showLog } from '../show-log.ts';
import { chooseView } from '../view/choose-view.ts';
import type { View } from '../view/view.ts';
import { clientOf } from './server-of.ts';

/** `danube logs [-f] ID` */
export const logs: Command = async (io, parsed) => {
  const client = clientOf(io, parsed);
  const id = parsed.args[0] ?? '';
  const follow = parsed.options['follow'] === true;
  const format = String(parsed.options['output'] ?? 'auto');
  const view = chooseView(!follow && format === 'auto' ? 'plain' : format, io);
  const screen = new Screen(io);
  await screen.show(view.begin(await client.job(id, { signal: io.stop })));
  const entries = follow ? client.follow(id, { signal: io.stop }) : client.log(id, { signal: io.stop });
  return show(entries, { io, view, screen, client, id, follow });
};

type Shown = {
  readonly io: Io;
  readonly view: View;
  readonly screen: Screen;
  readonly client: DanubeClient;
  readonly id: string;
  readonly follow: boolean;
};

const show = async (entries: AsyncIterable<LogEntry>, shown: Shown): Promise<number> => {
  const { io, view, screen, client, id, follow } = shown;
  try {
    await showLog(entries, shown);
    const job = await client.job(id, { signal: io.stop });
    await screen.show(view.end(job));
    return follow ? exitCodeOfState(job.state) : exitCodes.ok;
  } catch (error) {
    await screen.show(view.end(undefined));
    const stop = stopOf(io);
    if (stop !== undefined) return stop.exitCode;
    throw error;
  }
};
