import { InterruptedError, UsageError } from './errors.ts';
import { runExecStream } from './exec-stream/run-exec-stream.ts';
import { runJobs } from './jobs/run-jobs.ts';
import { help, type Options, parseOptions } from './options.ts';
import { report, type Row } from './report.ts';

const INTERRUPTED = 130;

// The first signal ends everything in order; a second one ends this process as it is.
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => stop.abort(new InterruptedError(name)));

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else process.exitCode = await run(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}
// What a broken-off try still waits for must not hold the process.
process.exit();

async function run(options: Options): Promise<number> {
  const { what, on, seed } = options;
  console.error(`${what} on ${on}, seed ${seed}`);
  const rows: Row[] = [];
  try {
    await (what === 'exec-stream' ? runExecStream : runJobs)(options, { rows, signal: stop.signal });
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    // What was found until then is still true.
    report(rows, options);
    console.error(error.message);
    return INTERRUPTED;
  }
  return report(rows, options);
}
