#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from './exit-codes.ts';
import type { Stop } from './io.ts';

// Compiled code is kept between runs, for this process and for coordinators; all else is loaded after this line.
const { env } = process;
const compileCache =
  env['NODE_COMPILE_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'danube', 'node');
enableCompileCache(compileCache);
const { runCli } = await import('./cli.ts');

const stop = new AbortController();
const abort = new AbortController();
const end = (reason: Stop): void => {
  if (stop.signal.aborted) abort.abort(reason);
  else stop.abort(reason);
};
process.on('SIGINT', () => {
  end({ why: 'Ctrl-C', exitCode: exitCodes.interrupted });
});
process.on('SIGTERM', () => {
  end({ why: 'SIGTERM', exitCode: 128 + 15 });
});
process.on('SIGHUP', () => {
  end({ why: 'the terminal has gone', exitCode: 128 + 1 });
});
for (const output of [process.stdout, process.stderr]) {
  output.on('error', ({ code }: NodeJS.ErrnoException) => {
    // This alone must not end the process before it has cleaned up, and it comes once for each write.
    if (stop.signal.aborted) return;
    if (code === 'EPIPE') end({ why: 'nobody reads the output', exitCode: exitCodes.outputClosed });
    else {
      end({ why: 'the output cannot be written', exitCode: exitCodes.infrastructure });
      process.stderr.write(`danube: cannot write the output (${code ?? 'unknown'}); is the disk full?\n`);
    }
  });
}

const exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env,
  compileCache,
  stop: stop.signal,
  abort: abort.signal,
});
// Ends here even if something should still hold the loop. Pipes are written synchronously, so nothing is cut off.
process.exit(exitCode);
