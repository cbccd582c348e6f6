import { durationText, type Job } from '@danube/contract';
import type { Command } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { clientOf, isJson } from './server-of.ts';

/** `danube ps` */
export const ps: Command = async (io, parsed) => {
  const jobs = await clientOf(io, parsed).jobs({ signal: io.stop });
  const lines = isJson(parsed) ? jobs.map((job) => JSON.stringify(job)) : table(jobs, Date.now());
  await write(io.stdout, lines.map((line) => `${line}\n`).join(''));
  return exitCodes.ok;
};

/** Rows of columns that line up, under a heading. */
export const table = (jobs: readonly Job[], nowMs: number): string[] => {
  const rows = [['ID', 'PIPELINE', 'STATE', 'STEPS', 'AGE', 'REASON'], ...jobs.map((job) => rowOf(job, nowMs))];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};

const rowOf = (job: Job, nowMs: number): string[] => {
  const ended = job.steps.filter(({ state }) => state !== 'pending' && state !== 'running').length;
  return [
    job.id,
    job.pipelineId,
    job.state,
    `${ended}/${job.steps.length}`,
    durationText(nowMs - Date.parse(job.createdAt)),
    job.reason?.code ?? '',
  ];
};
