import type { Command } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { loadJobFile } from '../job-file/load-job-file.ts';
import { clientOf, isJson } from './server-of.ts';

/** `danube submit FILE` */
export const submit: Command = async (io, parsed) => {
  const client = clientOf(io, parsed);
  const pipeline = await loadJobFile(parsed.args[0] ?? '', io.stdin);
  const job = await client.submit(pipeline, { signal: io.stop });
  await write(io.stdout, `${isJson(parsed) ? JSON.stringify(job) : job.id}\n`);
  return exitCodes.ok;
};
