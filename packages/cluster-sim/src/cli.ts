import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startClusterSim, type ClusterSim } from './cluster-sim.ts';
import type { ImageMap } from './kubelet/image.ts';
import { SimError } from './sim-error.ts';

const HELP = `cluster-sim: a Kubernetes API server whose containers are local processes. No isolation.

Usage: cluster-sim [options]

  --port N                 port to listen on; 0 takes a free one        (default 0)
  --host ADDRESS           address to listen on                         (default 127.0.0.1)
  --write-kubeconfig FILE  write a kubeconfig for kubectl and other clients
  --image NAME=PROGRAM     what stands for an image: a program and its arguments, divided by spaces.
                           Used for containers without a command. May be given several times
  --status-delay MS        how much later than it happens a change of a container shows  (default 10)
  --exec-protocol NAME     v4 or v5; give it once to offer only that one (default both)
  --data-dir DIR           where the files of containers go              (default the temporary directory)
  --verbose                say on standard error what goes wrong inside pods
  --help                   show this text
  --version                show the version

Prints the URL of the API server and runs until SIGINT or SIGTERM. Then every container is ended and every file removed.

Example:
  cluster-sim --write-kubeconfig sim.kubeconfig &
  kubectl --kubeconfig sim.kubeconfig run hello --image busybox:1 --restart Never -- echo hello
`;

/** Where the program reads its arguments from and writes to. */
export interface CliInput {
  readonly args: readonly string[];
  readonly path: string | undefined;
  readonly version: string;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

class UsageError extends Error {}

const options = {
  port: { type: 'string', default: '0' },
  host: { type: 'string', default: '127.0.0.1' },
  'write-kubeconfig': { type: 'string' },
  image: { type: 'string', multiple: true, default: [] as string[] },
  'status-delay': { type: 'string', default: '10' },
  'exec-protocol': { type: 'string', multiple: true, default: ['v5', 'v4'] as string[] },
  'data-dir': { type: 'string' },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const;

const number = (text: string, name: string): number => {
  if (!/^[0-9]+$/.test(text)) throw new UsageError(`--${name}: expected a number, got "${text}"`);
  return Number(text);
};

const protocol = (text: string): 'v5.channel.k8s.io' | 'v4.channel.k8s.io' => {
  if (text !== 'v5' && text !== 'v4') throw new UsageError(`--exec-protocol: expected v4 or v5, got "${text}"`);
  return `${text}.channel.k8s.io`;
};

const image = (text: string): ImageMap => {
  const split = text.indexOf('=');
  const command = text
    .slice(split + 1)
    .split(' ')
    .filter((word) => word !== '');
  if (split < 1 || command.length === 0) throw new UsageError(`--image: expected NAME=PROGRAM, got "${text}"`);
  return { [text.slice(0, split)]: { command } };
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'bad arguments');
  }
};

const writeKubeconfig = (file: string, content: string): void => {
  try {
    writeFileSync(file, content, { mode: 0o600 });
  } catch (error) {
    throw new SimError('KUBECONFIG_UNWRITABLE', file, { cause: error });
  }
};

const start = async (input: CliInput, values: ReturnType<typeof parse>): Promise<ClusterSim> => {
  const sim = await startClusterSim({
    port: number(values.port, 'port'),
    host: values.host,
    images: Object.assign({}, ...values.image.map(image)) as ImageMap,
    statusDelayMs: number(values['status-delay'], 'status-delay'),
    execProtocols: values['exec-protocol'].map(protocol),
    ...(values['data-dir'] === undefined ? {} : { dataDir: values['data-dir'] }),
    ...(input.path === undefined ? {} : { path: input.path }),
    ...(values.verbose ? { log: (line: string) => input.error(`${line}\n`) } : {}),
  });
  try {
    if (values['write-kubeconfig'] !== undefined) writeKubeconfig(values['write-kubeconfig'], sim.kubeconfig());
  } catch (error) {
    await sim.close();
    throw error;
  }
  input.out(`${sim.url}\n`);
  return sim;
};

/**
 * Starts the simulator as its command line says. Resolves with the running simulator, or with the exit code when there
 * is nothing to run: 0 after help, 2 for wrong arguments, 1 when it could not start.
 */
export const runCli = async (input: CliInput): Promise<ClusterSim | number> => {
  try {
    const values = parse(input.args);
    if (values.help) input.out(HELP);
    else if (values.version) input.out(`${input.version}\n`);
    else return await start(input, values);
    return 0;
  } catch (error) {
    if (error instanceof UsageError || error instanceof TypeError) {
      input.error(`cluster-sim: ${error.message}\nTry "cluster-sim --help".\n`);
      return 2;
    }
    if (!(error instanceof SimError)) throw error;
    input.error(`cluster-sim: ${error.message}\n`);
    return 1;
  }
};
