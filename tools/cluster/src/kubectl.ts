import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { kubernetesDirectory } from './build.ts';
import { ClusterError } from './errors.ts';
import { readPlan } from './inner/read-plan.ts';
import { layoutOf } from './layout.ts';
import { requireRunning } from './running.ts';
import type { Settings } from './settings.ts';
import { which } from './which.ts';

/** Runs the kubectl of the same release against a cluster of ours, with this terminal. Gives its exit code. */
export const kubectl = async (settings: Settings, args: readonly string[]): Promise<number> => {
  await requireRunning(settings);
  const layout = layoutOf(settings.stateDir);
  return inTerminal([...(await readPlan(layout.plan)).kubectl, ...args], layout.kubeconfig);
};

/** Runs a kubectl against an existing cluster: that on PATH, else the one that was built for clusters of ours. */
export const kubectlExisting = async (
  { kubeconfig, cacheDir }: { readonly kubeconfig: string; readonly cacheDir: string },
  args: readonly string[],
): Promise<number> => {
  const program = which('kubectl') ?? which(join(await kubernetesDirectory(cacheDir), 'kubectl'));
  if (program === undefined) throw new ClusterError('HostUnfit', 'no kubectl on PATH, and none has been built yet');
  return inTerminal([program, ...args], kubeconfig);
};

const inTerminal = async ([program = '', ...args]: readonly string[], kubeconfig: string): Promise<number> => {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, KUBECONFIG: kubeconfig } });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
};
