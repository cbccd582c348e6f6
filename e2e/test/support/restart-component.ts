import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from './cluster-command.ts';

const clusterName = process.env['DANUBE_CLUSTER'] ?? '';

/** Kills a program of the test cluster's node and starts it again. */
export const restart = async (component: 'kubelet' | 'apiserver'): Promise<void> => {
  const { code, stderr } = await runCommand('--name', clusterName, 'restart', component);
  if (code !== 0) throw new Error(stderr);
};

/** Resolves when the test cluster can be used again. */
export const usable = async (): Promise<void> => {
  const untilMs = Date.now() + 60_000;
  for (;;) {
    const { code } = await runCommand('--name', clusterName, 'status');
    if (code === 0) return;
    if (Date.now() > untilMs) throw new Error('the cluster did not come back within 60 s');
    await sleep(200);
  }
};
