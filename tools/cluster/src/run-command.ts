import { join } from 'node:path';
import type { Invocation } from './cli.ts';
import { down, tearDown } from './down.ts';
import { chooseEngine } from './engine.ts';
import { ClusterError } from './errors.ts';
import { existingCluster } from './existing.ts';
import { layoutOf } from './layout.ts';
import { progressTo, type Progress } from './progress.ts';
import { kubectl, kubectlExisting } from './kubectl.ts';
import { clusterStatus, loadImage, restartComponent, type ClusterStatus } from './running.ts';
import { settingsOf, type Env, type Settings } from './settings.ts';
import { up } from './up.ts';
import { which } from './which.ts';

/** Where a command reads and writes. */
export type CommandContext = {
  readonly env: Env;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
};

type Given = Exclude<Invocation, { command: 'help' }>;

/** Does what a command line says. Gives the exit code; failures are thrown. Results go to stdout, progress to stderr. */
export const runCommand = async (given: Given, { env, stdout, stderr }: CommandContext): Promise<number> => {
  const settings = settingsOf(given.input, env);
  const layout = layoutOf(settings.stateDir);
  const progress = progressTo(stderr);
  const say = (line: string) => stdout.write(`${line}\n`);
  if (given.existing) return runOnExisting(given, { env, stdout, cacheDir: settings.cacheDir });
  const [first = ''] = given.args;
  switch (given.command) {
    case 'up': {
      const { engine, considered } = chooseEngine({ existing: false, env, which });
      for (const line of considered) progress(line);
      stopWhenInterrupted(settings, progress);
      const { kubeconfig, description } = await up({ settings, engine, progress });
      progress(`usable: ${description}`);
      say(kubeconfig);
      return 0;
    }
    case 'down':
      if ((await down(settings, progress)) === 'absent') progress('nothing to stop');
      return 0;
    case 'status': {
      const status = await clusterStatus(settings);
      say(statusLines(settings, status).join('\n')); // at once: the reader may leave after the first line
      return status.state === 'usable' ? 0 : 1;
    }
    case 'kubeconfig':
      say(layout.kubeconfig);
      return 0;
    case 'kubectl':
      return kubectl(settings, given.args);
    case 'load-image':
      for (const file of given.args) say(await loadImage(settings, file));
      return 0;
    case 'restart':
      await restartComponent(settings, first, given.downMs);
      return 0;
    case 'logs':
      say(first === '' ? layout.logs : join(layout.logs, `${first}.log`));
      return 0;
  }
};

/** Ctrl-C during `up` leaves nothing behind. */
const stopWhenInterrupted = (settings: Settings, progress: Progress): void => {
  const stop = (): void => {
    progress('interrupted, stopping');
    void tearDown(settings, progress).finally(() => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
};

/** With `--existing` nothing is made or removed, whatever the command. */
const runOnExisting = async (
  { command, args }: Given,
  { env, stdout, cacheDir }: Pick<CommandContext, 'env' | 'stdout'> & { readonly cacheDir: string },
): Promise<number> => {
  const { kubeconfig, description } = await existingCluster(env);
  if (command === 'kubectl') return kubectlExisting({ kubeconfig, cacheDir }, args);
  if (command === 'load-image' || command === 'restart' || command === 'logs') {
    throw new ClusterError('BadOption', `${command} does not work with --existing: that cluster is not ours`);
  }
  stdout.write(`${command === 'up' || command === 'kubeconfig' ? kubeconfig : description}\n`);
  return 0;
};

/** A status for people, line by line. */
export const statusLines = ({ name }: Settings, { state, record, node }: ClusterStatus): string[] => [
  `${name}: ${state}`,
  ...(record === undefined
    ? []
    : [`${record.description}, https://127.0.0.1:${record.port}, process ${record.owner.pid}`]),
  ...(node?.components.map((each) => `${each.name}: ${each.state}, started again ${each.restarts} times`) ?? []),
];
