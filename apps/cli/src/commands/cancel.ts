import type { Command } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { clientOf, isJson } from './server-of.ts';

/** `danube cancel ID` */
export const cancel: Command = async (io, parsed) => {
  const job = await clientOf(io, parsed).cancel(parsed.args[0] ?? '', { signal: io.stop });
  const text = job.finishedAt === undefined ? 'is being cancelled' : `has ended: ${job.state}`;
  await write(io.stdout, isJson(parsed) ? `${JSON.stringify(job)}\n` : `job ${job.id} ${text}\n`);
  return exitCodes.ok;
};
