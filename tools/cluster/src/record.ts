import { readFile, rename, writeFile } from 'node:fs/promises';
import { isAlive, type ProcessIdentity } from './host-process.ts';
import { layoutOf } from './layout.ts';

/** Who runs a cluster. In its state directory, written before the process may start anything. */
export type ClusterRecord = {
  readonly owner: ProcessIdentity;
  readonly port: number;
  /** For people: `Kubernetes v1.34.4, source-built`. */
  readonly description: string;
};

/** Writes the record, whole or not at all. */
export const writeRecord = async (stateDir: string, record: ClusterRecord): Promise<void> => {
  const file = layoutOf(stateDir).record;
  await writeFile(`${file}.part`, JSON.stringify(record));
  await rename(`${file}.part`, file);
};

/** The record, if there is one; `alive` says whether its process still runs. */
export const readRecord = async (stateDir: string): Promise<(ClusterRecord & { alive: boolean }) | undefined> => {
  const text = await readFile(layoutOf(stateDir).record, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as ClusterRecord;
  return { ...record, alive: isAlive(record.owner) };
};
