import { access } from 'node:fs/promises';
import { Api } from './api.ts';
import { control, nodeStatus } from './control-client.ts';
import { ClusterError } from './errors.ts';
import type { NodeStatus } from './inner/plan.ts';
import { layoutOf } from './layout.ts';
import { readRecord, type ClusterRecord } from './record.ts';
import type { Settings } from './settings.ts';

/** The record of a cluster whose processes run; a typed error otherwise. */
export const requireRunning = async ({ name, stateDir }: Settings): Promise<ClusterRecord> => {
  const record = await readRecord(stateDir);
  if (record === undefined) throw new ClusterError('NotRunning', `"${name}" has not been started`);
  if (!record.alive) throw new ClusterError('NotRunning', `the processes of "${name}" have ended`);
  return record;
};

/** Puts an image (an OCI layout tar) into the node's container runtime. Gives what the runtime says. */
export const loadImage = async (settings: Settings, file: string): Promise<string> => {
  await requireRunning(settings);
  await access(file).catch((error: unknown) => {
    throw new ClusterError('BadOption', `load-image: cannot read ${file}`, { cause: error });
  });
  const { controlSocket } = layoutOf(settings.stateDir);
  const { message } = (await control(controlSocket, { method: 'POST', path: '/images', bodyFile: file })) as {
    message: string;
  };
  return message;
};

/** Kills a program of the node, and comes back when it has ended; it is started again after `downMs`. `apiserver` stands for `kube-apiserver`. */
export const restartComponent = async (settings: Settings, component: string, downMs = 0): Promise<void> => {
  await requireRunning(settings);
  const { controlSocket } = layoutOf(settings.stateDir);
  const names = (await nodeStatus(controlSocket))?.components.map(({ name }) => name) ?? [];
  const name = names.find((each) => each === component || each === `kube-${component}`) ?? component;
  const query = new URLSearchParams({ component: name, downMs: String(downMs) });
  await control(controlSocket, { method: 'POST', path: `/restart?${query.toString()}` });
};

/** What is known of a cluster from outside. */
export type ClusterStatus = {
  readonly state: 'absent' | 'dead' | 'starting' | 'usable';
  readonly record?: ClusterRecord;
  readonly node?: NodeStatus;
};

/** How a cluster is doing, without changing anything. */
export const clusterStatus = async (settings: Settings): Promise<ClusterStatus> => {
  const record = await readRecord(settings.stateDir);
  if (record === undefined) return { state: 'absent' };
  if (!record.alive) return { state: 'dead', record };
  const layout = layoutOf(settings.stateDir);
  const node = await nodeStatus(layout.controlSocket);
  const api = await Api.open(layout.pki, record.port);
  const ready = (await api.get('/readyz')).status === 200;
  api.close();
  const running = node?.components.every((component) => component.state === 'running') ?? false;
  const usable = ready && running && node?.images.done === true;
  return { state: usable ? 'usable' : 'starting', record, ...(node === undefined ? {} : { node }) };
};
