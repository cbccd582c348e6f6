import { isNotFound } from '../errors/predicates.ts';
import type { ContainerStatus, Pod } from '../resources/models.ts';

/** One run of a container, from its start to its end; a restart is another one. */
export type ContainerRun = {
  /** Pod uid and number of restarts. */
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'ended';
};

/** The run that a container of a pod is in; undefined when there is no such pod. */
export const readContainerRun = async (
  read: () => Promise<Pod>,
  container: string | undefined,
): Promise<ContainerRun | undefined> => {
  try {
    return runOf(await read(), container);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

const runOf = ({ metadata, status }: Pod, container: string | undefined): ContainerRun => {
  const statuses: readonly ContainerStatus[] = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const found = container === undefined ? statuses[0] : statuses.find(({ name }) => name === container);
  const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return {
    id: `${metadata?.uid ?? ''}/${found?.restartCount ?? 0}`,
    state: isOver || found?.state?.terminated !== undefined ? 'ended' : found?.state?.running ? 'running' : 'waiting',
  };
};
