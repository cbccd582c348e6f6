import { asArray, asObject, asString, at, type JsonObject, type KubeObject } from '../objects.ts';
import { asPod, type ContainerStatus, type Pod } from '../pods/pod-types.ts';
import { apiVersionOf, type ResourceKind } from './kinds.ts';
import { partialObject } from './watch.ts';

/** In which form a client wants objects. */
export interface Rendering {
  readonly form: 'object' | 'partial' | 'table';
  readonly now: Date;
}

interface Column {
  readonly name: string;
  readonly value: (object: KubeObject, now: Date) => unknown;
  readonly type?: string;
}

/** Reads the form from the `Accept` header. */
export const renderingOf = (accept: string | undefined, now: Date): Rendering => {
  if (accept?.includes('as=Table') === true) return { form: 'table', now };
  return { form: accept?.includes('as=PartialObjectMetadata') === true ? 'partial' : 'object', now };
};

/** An age as kubectl shows it: one or two units. */
const age = (since: string, now: Date): string => {
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
};

const podReason = (pod: Pod): string => {
  const inits: readonly ContainerStatus[] = pod.status.initContainerStatuses ?? [];
  const bad = inits.findIndex(({ state }) => (state.terminated?.exitCode ?? 1) !== 0 && state.running === undefined);
  let reason = pod.status.reason ?? pod.status.phase ?? 'Unknown';
  const states = (pod.status.containerStatuses ?? []).map(
    ({ state }) => state.waiting?.reason ?? state.terminated?.reason ?? '',
  );
  const failing = states.find((entry) => entry !== '' && entry !== 'Completed') ?? states.find((entry) => entry !== '');
  if (failing !== undefined && pod.status.phase !== 'Running') reason = pod.status.reason ?? failing;
  if (bad >= 0 && inits.length > 0) reason = `Init:${bad}/${inits.length}`;
  return pod.metadata.deletionTimestamp === undefined ? reason : 'Terminating';
};

const AGE: Column = { name: 'Age', value: ({ metadata }, now) => age(metadata.creationTimestamp, now) };
const NAME: Column = { name: 'Name', value: ({ metadata }) => metadata.name };

const columnsByPlural: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    NAME,
    {
      name: 'Ready',
      value: (object) => {
        const { spec, status } = asPod(object);
        return `${(status.containerStatuses ?? []).filter(({ ready }) => ready).length}/${spec.containers.length}`;
      },
    },
    { name: 'Status', value: (object) => podReason(asPod(object)) },
    {
      name: 'Restarts',
      value: (object) =>
        (asPod(object).status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    },
    AGE,
  ],
  namespaces: [NAME, { name: 'Status', value: (object) => at(object, 'status', 'phase') }, AGE],
  nodes: [
    NAME,
    { name: 'Status', value: () => 'Ready' },
    { name: 'Roles', value: () => '<none>' },
    AGE,
    { name: 'Version', value: (object) => at(object, 'status', 'nodeInfo', 'kubeletVersion') },
  ],
  events: [
    {
      name: 'Last Seen',
      value: (object, now) => age(asString(object['lastTimestamp']) || object.metadata.creationTimestamp, now),
    },
    { name: 'Type', value: (object) => object['type'] },
    { name: 'Reason', value: (object) => object['reason'] },
    {
      name: 'Object',
      value: (object) =>
        `${asString(at(object, 'involvedObject', 'kind')).toLowerCase()}/${asString(at(object, 'involvedObject', 'name'))}`,
    },
    { name: 'Message', value: (object) => object['message'] },
  ],
  configmaps: [NAME, { name: 'Data', value: (object) => Object.keys(asObject(object['data'])).length }, AGE],
  secrets: [
    NAME,
    { name: 'Type', value: (object) => object['type'] },
    { name: 'Data', value: (object) => Object.keys(asObject(object['data'])).length },
    AGE,
  ],
  services: [
    NAME,
    { name: 'Type', value: (object) => at(object, 'spec', 'type') },
    { name: 'Cluster-IP', value: (object) => at(object, 'spec', 'clusterIP') ?? '<none>' },
    {
      name: 'Port(s)',
      value: (object) =>
        asArray(at(object, 'spec', 'ports'))
          .map((port) => `${String(asObject(port)['port'])}/${asString(asObject(port)['protocol']) || 'TCP'}`)
          .join(','),
    },
    AGE,
  ],
};

const columnsOf = (kind: ResourceKind): readonly Column[] => columnsByPlural[kind.plural] ?? [NAME, AGE];

const tableOf = (
  kind: ResourceKind,
  objects: readonly KubeObject[],
  { metadata, now }: { metadata: JsonObject; now: Date },
): JsonObject => {
  const columns = columnsOf(kind);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name }) => ({
      name,
      type: 'string',
      format: name === 'Name' ? 'name' : '',
      description: name,
      priority: 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ value }) => value(object, now)),
      object: partialObject(object),
    })),
  };
};

/** One object in the form that the client wants. */
export const renderObject = (kind: ResourceKind, object: KubeObject, { form, now }: Rendering): unknown => {
  if (form === 'object') return object;
  if (form === 'partial') return partialObject(object);
  return tableOf(kind, [object], { metadata: { resourceVersion: object.metadata.resourceVersion }, now });
};

const encoded = new WeakMap<KubeObject, string>();

/** Stored objects never change, so each is turned into JSON once: lists and watches of many objects live from that. */
const encode = (object: KubeObject): string => {
  let text = encoded.get(object);
  if (text === undefined) encoded.set(object, (text = JSON.stringify(object)));
  return text;
};

/** A list as JSON text in the form that the client wants. */
export const renderList = (
  kind: ResourceKind,
  { items, metadata }: { items: readonly KubeObject[]; metadata: JsonObject },
  { form, now }: Rendering,
): string => {
  if (form === 'table') return JSON.stringify(tableOf(kind, items, { metadata, now }));
  const partial = form === 'partial';
  const head = JSON.stringify({
    kind: partial ? 'PartialObjectMetadataList' : `${kind.kind}List`,
    apiVersion: partial ? 'meta.k8s.io/v1' : apiVersionOf(kind),
    metadata,
  });
  const texts = partial ? items.map((object) => JSON.stringify(partialObject(object))) : items.map(encode);
  return `${head.slice(0, -1)},"items":[${texts.join(',')}]}`;
};
