import { isFinal, type Job } from '@danube/contract';
import type { Command } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { summary } from '../view/summary.ts';
import { palette } from '../view/palette.ts';
import { clientOf, isJson } from './server-of.ts';

/** `danube get ID` */
export const get: Command = async (io, parsed) => {
  const job = await clientOf(io, parsed).job(parsed.args[0] ?? '', { signal: io.stop });
  await write(io.stdout, isJson(parsed) ? `${JSON.stringify(job)}\n` : `${linesOf(job).join('\n')}\n`);
  return exitCodes.ok;
};

const linesOf = (job: Job): string[] => [
  `Pipeline ${job.pipelineId}, attempt ${job.attempt}${job.podName === undefined ? '' : `, pod ${job.podName}`}`,
  `Created ${job.createdAt}${job.cancelRequested && !isFinal(job.state) ? ', being cancelled' : ''}`,
  ...summary(job, palette(false)),
];
