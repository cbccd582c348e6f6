import { messageOf } from './errors.ts';
import { exitCodes, runCoordinator } from './run-coordinator.ts';
import { settingsFrom } from './settings.ts';
import { ExecStepRunner } from './worker/exec-step-runner.ts';

/** Time for what is left open after the end, in milliseconds. */
const LINGER_MS = 2000;

const main = async (): Promise<number> => {
  const terminated = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => terminated.abort());
  const settings = settingsFrom(process.env);
  const { stdout, stderr } = process;
  const runner = new ExecStepRunner(settings);
  return runCoordinator({ settings, runner, streams: { stdout, stderr }, terminated: terminated.signal });
};

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`danube: ${messageOf(error)}\n`);
  return exitCodes.otherwise;
});
setTimeout(() => process.exit(), LINGER_MS).unref();
