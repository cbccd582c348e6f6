import { join } from 'node:path';
import type { Contender } from '../benchmark.ts';
import { nodeProgram, runProgram } from '../programs/run-program.ts';
import type { ExecMeasured } from './exec-work.ts';
import { kubectl } from './kubectl.ts';

/** Where the execs go, and by which program they are measured. */
export type ExecPlace = {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** The same place for kubectl. */
  readonly kubeconfig: string;
  /** Puts a client on a processor of its own, where the server has one. */
  readonly on: (argv: readonly string[]) => readonly string[];
};

export type ClientName = 'exec-stream' | 'ws' | 'client-node' | 'client-go' | 'kubectl' | 'kubectl over SPDY';

/** Options of a client program (see `exec-work.ts`), then `--` and a command. */
export type Work = { readonly options?: readonly string[]; readonly command: readonly string[] };

/** Has one client do the work, in a process of its own. */
export const runClient = async (place: ExecPlace, client: ClientName, work: Work): Promise<ExecMeasured> => {
  const { program, env } = place;
  const { BENCH_NAMESPACE: namespace = '', BENCH_POD: pod = '', BENCH_CONTAINER: container = '' } = env;
  const options = work.options ?? [];
  const goOptions = options.map((option) => option.replace('--execs', '-n').replace(/^--/, '-'));
  const node = (name: string): string[] =>
    nodeProgram(join(import.meta.dirname, name), ...options, '--', ...work.command);
  const kubectlExec = [
    ...[program, 'run', ...goOptions, '--', kubectl(), '--kubeconfig', place.kubeconfig, '-n', namespace],
    ...['exec', pod, '-c', container, ...(options.includes('--stdin') ? ['-i'] : []), '--', ...work.command],
  ];
  const argv = {
    'exec-stream': () => node('exec-danube.ts'),
    ws: () => node('exec-ws.ts'),
    'client-node': () => node('exec-client-node.ts'),
    'client-go': () => [program, 'exec', ...goOptions, '--', ...work.command],
    kubectl: () => kubectlExec,
    'kubectl over SPDY': () => kubectlExec,
  }[client]();
  const spdy = client === 'kubectl over SPDY' ? { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' } : {};
  return JSON.parse(await runProgram(place.on(argv), { env: { ...env, ...spdy } })) as ExecMeasured;
};

/** One client and this work, as one side of a comparison. */
export const execContender = (
  place: ExecPlace,
  client: ClientName,
  { work, figures }: { readonly work: Work; readonly figures: (measured: ExecMeasured) => Record<string, number> },
): Contender => ({ name: client, run: async () => figures(await runClient(place, client, work)) });
