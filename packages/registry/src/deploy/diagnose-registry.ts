import type { ContainerStatus, CoreEvent, KubeClient, Pod } from '@danube/k8s-client';
import { DATA_CLAIM, REGISTRY_NAME } from '../names.ts';
import { everythingOfIt } from './prune-config-maps.ts';

const LOG_LINES = 20;
const EVENTS = 5;

/** What the registry's newest pod, its events and its log say, for a person. Whatever cannot be read is left out. */
export const diagnoseRegistry = async (client: KubeClient, namespace: string): Promise<string> => {
  const { items: pods } = await client.pods(namespace).list({ labelSelector: everythingOfIt });
  const pod = pods.sort((a, b) => createdMs(b) - createdMs(a))[0];
  const [events, log] = await Promise.all([
    eventsOf(client, namespace, pod).catch(() => []),
    pod === undefined ? [] : logOf(client, namespace, pod).catch(() => []),
  ]);
  const said = pod === undefined ? 'there is no pod' : describePod(pod);
  return [said, ...events.map((line) => `event: ${line}`), ...log.map((line) => `log: ${line}`)].join('\n');
};

const createdMs = ({ metadata }: Pod): number => Date.parse(metadata?.creationTimestamp ?? '');

const describePod = ({ metadata, status }: Pod): string => {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const conditions = (status?.conditions ?? []).filter(
    ({ type, status: is, message }) => type === 'PodScheduled' && is !== 'True' && message !== undefined,
  );
  return [
    `pod ${metadata?.name}: ${status?.phase ?? 'no phase'}`,
    ...conditions.map(({ reason, message }) => `${reason}: ${message}`),
    ...containers.map(describeContainer).filter((line) => line !== undefined),
  ].join('; ');
};

const describeContainer = ({ name, ready, state, lastState, restartCount }: ContainerStatus): string | undefined => {
  const ended = state?.terminated ?? lastState?.terminated;
  if (ready || state?.terminated?.exitCode === 0) return undefined;
  const now = state?.waiting ?? state?.terminated;
  const parts = [
    now?.reason ?? 'running but not ready',
    now?.message,
    ended === undefined ? undefined : `exit code ${ended.exitCode}`,
    ended === now ? undefined : ended?.message,
    restartCount === 0 ? undefined : `${restartCount} restarts`,
  ];
  return `container ${name}: ${parts
    .filter((part) => part !== undefined && part !== '')
    .map((part) => String(part).trim())
    .join(', ')}`;
};

/** The newest warnings about the pod and the claim. */
const eventsOf = async (client: KubeClient, namespace: string, pod: Pod | undefined): Promise<string[]> => {
  const { items } = await client.events(namespace).list({ fieldSelector: 'type=Warning' });
  const about = new Set([pod?.metadata?.name, DATA_CLAIM, REGISTRY_NAME]);
  return items
    .filter(({ involvedObject }) => about.has(involvedObject.name))
    .sort((a, b) => seenMs(a) - seenMs(b))
    .slice(-EVENTS)
    .map(({ reason, message }) => `${reason}: ${message?.trim()}`);
};

const seenMs = ({ lastTimestamp, eventTime, metadata }: CoreEvent): number =>
  Date.parse(String(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0));

/** The last lines of the registry, or of the init container that did not end. */
const logOf = async (client: KubeClient, namespace: string, pod: Pod): Promise<string[]> => {
  const stuck = pod.status?.initContainerStatuses?.find(({ state }) => state?.terminated?.exitCode !== 0);
  const query = { container: stuck?.name ?? 'registry', tailLines: LOG_LINES };
  const path = client.pods(namespace).pathOf(pod.metadata?.name ?? '', 'log');
  const text = await client.request<unknown>({ method: 'GET', path, query, timeoutMs: 5_000 });
  return typeof text === 'string' ? text.trim().split('\n') : [];
};
