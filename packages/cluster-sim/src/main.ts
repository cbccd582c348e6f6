import { readFileSync } from 'node:fs';
import { runCli } from './cli.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const result = await runCli({
  args: process.argv.slice(2),
  path: process.env['PATH'],
  version,
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});

if (typeof result === 'number') process.exitCode = result;
else {
  const end = (): void => {
    void result.close().then(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
}
