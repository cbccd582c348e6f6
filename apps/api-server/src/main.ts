import { KubeClient, loadConfig } from '@danube/k8s-client';
import { jsonLogger } from './log/logger.ts';
import { helpText, readSettings } from './settings.ts';
import { startApiServer } from './start-api-server.ts';
import { VERSION } from './version.ts';

/** Exit codes: 2 for a wrong use, 1 for a start that failed. */
const main = async (args: readonly string[]): Promise<number> => {
  const [arg] = args;
  if (arg === '--help' || arg === '-h') return say(helpText());
  if (arg === '--version') return say(`${VERSION}\n`);
  if (arg !== undefined) return complain(`unknown argument ${JSON.stringify(arg)}; see --help`, 2);
  try {
    await serve();
    return 0;
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error), 1);
  }
};

/** Serves until TERM or INT, also when they come while it starts. */
const serve = async (): Promise<void> => {
  const stop = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.resolve(signal));
  const { logLevel, ...settings } = readSettings(process.env);
  const logger = jsonLogger((line) => process.stdout.write(line), logLevel);
  await using client = new KubeClient(await loadConfig({ env: process.env }));
  await using server = await startApiServer({ ...settings, client, logger });
  logger.info('stopping', { signal: await stop.promise, url: server.url });
};

const say = (text: string): number => {
  process.stdout.write(text);
  return 0;
};

const complain = (message: string, code: number): number => {
  process.stderr.write(`danube-api-server: ${message.replaceAll('\n', ' ')}\n`);
  return code;
};

process.exitCode = await main(process.argv.slice(2));
