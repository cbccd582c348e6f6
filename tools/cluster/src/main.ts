import { parseCommandLine } from './cli.ts';
import { ClusterError, messageOf } from './errors.ts';
import { help } from './help.ts';
import { runCommand } from './run-command.ts';

try {
  const invocation = parseCommandLine(process.argv.slice(2));
  if (invocation.command === 'help') process.stdout.write(help);
  else
    process.exitCode = await runCommand(invocation, {
      env: process.env,
      stdout: process.stdout,
      stderr: process.stderr,
    });
} catch (error) {
  process.stderr.write(`cluster: ${messageOf(error)}\n`);
  process.exitCode = error instanceof ClusterError ? error.exitCode : 3;
  if (!(error instanceof ClusterError)) process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : ''}\n`);
}
