import { InterruptedError, UsageError } from './errors.ts';
import { runExecStream } from './exec-stream/run-exec-stream.ts';
import { runJobs } from './jobs/run-jobs.ts';
import { help, parseOptions } from './options.ts';
import { report } from './report.ts';

const INTERRUPTED = 130;

// The first signal ends everything in order; a second one ends this process as it is.
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => stop.abort(new InterruptedError(name)));

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else {
    const { what, on, seed, json } = options;
    console.error(`${what} on ${on}, seed ${seed}`);
    const rows = await (what === 'exec-stream' ? runExecStream : runJobs)(options, stop.signal);
    process.exitCode = report(rows, { what, on, seed, json });
  }
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${help}`);
  else if (error instanceof InterruptedError) console.error(error.message);
  else throw error;
  process.exitCode = error instanceof UsageError ? 2 : INTERRUPTED;
}
// What a broken-off try still waits for must not hold the process.
process.exit();
