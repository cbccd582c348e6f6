import { runCli } from './cli.ts';
import { ImageError } from './errors.ts';

try {
  for (const line of await runCli(process.argv.slice(2))) process.stdout.write(`${line}\n`);
} catch (error) {
  const known = error instanceof ImageError;
  process.stderr.write(`images: ${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = known ? error.exitCode : 3;
}
