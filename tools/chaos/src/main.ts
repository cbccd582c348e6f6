import { runExecStream } from './exec-stream/run-exec-stream.ts';
import { jobTries, runJobs } from './jobs/run-jobs.ts';
import { help, parseOptions } from './options.ts';

try {
  const options = parseOptions(process.argv.slice(2));
  const { what, on, quick, tries } = options;
  if (options.help) process.stdout.write(help);
  else if (what === 'exec-stream') process.exitCode = await runExecStream(options);
  else process.exitCode = await runJobs({ ...options, tries: tries ?? jobTries[quick ? 'quick' : 'full'][on] });
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}
