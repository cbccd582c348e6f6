import { rm, stat } from 'node:fs/promises';
import { cgroupProcesses, clearCgroups, hierarchies } from './cgroups.ts';
import { ClusterError } from './errors.ts';
import { killHard } from './host-process.ts';
import type { Progress } from './progress.ts';
import { readRecord } from './record.ts';
import { withLock } from './lock.ts';
import { requireRoot } from './preflight.ts';
import type { Settings } from './settings.ts';

const STOP_TIMEOUT_MS = 30_000;

/** {@link tearDown} for people: needs root, and waits for another run of the tool to end. */
export const down = async (settings: Settings, progress: Progress): Promise<'stopped' | 'absent'> => {
  requireRoot();
  const lock = { name: settings.stateDir, progress, timeoutMs: 60_000 };
  return withLock(lock, () => tearDown(settings, progress));
};

/** Ends a cluster and removes all that it left, in whatever state it is. Does nothing when there is none. */
export const tearDown = async (settings: Settings, progress: Progress): Promise<'stopped' | 'absent'> => {
  const machine = await hierarchies();
  const existed = (await stat(settings.stateDir).catch(() => undefined)) !== undefined;
  const record = await readRecord(settings.stateDir);
  // The end of this process ends the PID namespace, and with it every process, mount, interface and rule inside.
  if (record !== undefined) killHard(record.owner);
  const gone = await clearCgroups(settings.instance, machine, STOP_TIMEOUT_MS);
  if (!gone) {
    const pids = await cgroupProcesses(settings.instance, machine);
    throw new ClusterError(
      'StopFailed',
      `still there after ${STOP_TIMEOUT_MS / 1000} s: processes ${pids.join(', ') || '(none), only cgroups'}`,
    );
  }
  await rm(settings.stateDir, { recursive: true, force: true });
  if (existed) progress('stopped');
  return existed ? 'stopped' : 'absent';
};
