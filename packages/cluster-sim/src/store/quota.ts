import { failures } from '../api/api-status.ts';
import { known, type ResourceKind } from '../api/kinds.ts';
import { asObject, asString, at, type JsonObject, type KubeObject } from '../objects.ts';
import { podAmount } from '../pods/pod-resources.ts';
import { asPod, type Pod } from '../pods/pod-types.ts';
import { formatQuantity, parseQuantity } from '../pods/quantity.ts';
import { refOf } from './metadata.ts';
import type { Store } from './store.ts';

type Amounts = ReadonlyMap<string, number>;

/** Kinds that may be counted by their plural alone. */
const plainCounts = ['pods', 'services', 'secrets', 'configmaps', 'persistentvolumeclaims', 'resourcequotas'];
const computed = ['cpu', 'memory', 'ephemeral-storage'];

const hasEnded = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed';

/** `limits.cpu` → limits, cpu; a bare `cpu` means what is requested. */
const partOf = (name: string): readonly [part: string, resource: string] => {
  const [part = '', resource] = name.split('.');
  return resource === undefined ? ['requests', part] : [part, resource];
};

/** What a pod takes of the resource that a quota names; undefined when the quota speaks of something else. */
const podUsage = (pod: Pod, name: string): number | undefined => {
  const [part, resource] = partOf(name);
  if ((part !== 'requests' && part !== 'limits') || !computed.includes(resource)) return undefined;
  return hasEnded(pod) ? 0 : podAmount(pod, part, resource);
};

const usage = (kind: ResourceKind, object: KubeObject, name: string): number | undefined => {
  const counted = kind.group === '' ? `count/${kind.plural}` : `count/${kind.plural}.${kind.group}`;
  if (name === counted) return 1;
  if (kind.group !== '') return undefined;
  if (name === kind.plural && plainCounts.includes(name)) return kind === known.pods && hasEnded(asPod(object)) ? 0 : 1;
  return kind === known.pods ? podUsage(asPod(object), name) : undefined;
};

const hardOf = (quota: KubeObject): [string, number][] =>
  Object.entries(asObject(at(quota, 'spec', 'hard'))).map(([name, text]) => [name, parseQuantity(String(text)) ?? 0]);

/** The kind whose objects a quota's entry counts: all others need not be looked at. */
const kindOf = (name: string, kinds: readonly ResourceKind[]): ResourceKind | undefined => {
  const counted = /^count\/([^.]+)\.?(.*)$/.exec(name);
  if (counted !== null) return kinds.find(({ plural, group }) => plural === counted[1] && group === counted[2]);
  if (plainCounts.includes(name)) return kinds.find(({ plural, group }) => plural === name && group === '');
  return known.pods;
};

const used = (store: Store, kinds: readonly ResourceKind[], quota: KubeObject): Amounts =>
  new Map(
    hardOf(quota).map(([name]) => {
      const kind = kindOf(name, kinds);
      const objects = kind === undefined ? [] : store.list(kind, quota.metadata.namespace).items;
      const amounts = objects.map((object) => (kind === undefined ? 0 : (usage(kind, object, name) ?? 0)));
      return [name, amounts.reduce((sum, amount) => sum + amount, 0)];
    }),
  );

/** The `status` of a quota: what is allowed, and what is there. */
export const quotaStatus = (store: Store, kinds: readonly ResourceKind[], quota: KubeObject): JsonObject => ({
  hard: Object.fromEntries(
    Object.entries(asObject(at(quota, 'spec', 'hard'))).map(([name, text]) => [name, asString(text) || String(text)]),
  ),
  used: Object.fromEntries([...used(store, kinds, quota)].map(([name, amount]) => [name, formatQuantity(amount)])),
});

/** Containers of a pod that do not say how much of a resource they take, though a quota wants to know. */
const silent = (pod: Pod, name: string): string[] => {
  const [part, resource] = partOf(name);
  if (podUsage(pod, name) === undefined) return [];
  const stated = part === 'limits' ? 'limits' : 'requests';
  return pod.spec.containers
    .filter(({ resources }) => resources?.[stated]?.[resource] === undefined)
    .map((each) => each.name);
};

/**
 * Throws the 403 of the real server when an object to be created is more than a quota of its namespace allows, or does
 * not say how much it takes.
 */
export const checkQuotas = (
  store: Store,
  kinds: readonly ResourceKind[],
  { kind, object }: { kind: ResourceKind; object: KubeObject },
): void => {
  const { namespace, name } = object.metadata;
  if (namespace === undefined) return;
  for (const quota of store.list(known.resourceQuotas, namespace).items) {
    const asked = hardOf(quota).flatMap(([resource, limit]) => {
      const amount = usage(kind, object, resource);
      return amount === undefined || amount === 0 ? [] : [{ resource, limit, amount }];
    });
    const unsaid =
      kind === known.pods
        ? hardOf(quota).map(([resource]) => [resource, silent(asPod(object), resource)] as const)
        : [];
    const missing = unsaid.filter(([, containers]) => containers.length > 0);
    if (missing.length > 0) {
      const texts = missing.map(([resource, containers]) => `${resource} for: ${containers.join(',')}`).sort();
      throw failures.forbidden(
        refOf(kind, name),
        `failed quota: ${quota.metadata.name}: must specify ${texts.join('; ')}`,
      );
    }
    if (asked.length === 0) continue;
    const now = used(store, kinds, quota);
    const over = asked.filter(({ resource, limit, amount }) => (now.get(resource) ?? 0) + amount > limit);
    if (over.length === 0) continue;
    const list = (value: (entry: (typeof over)[number]) => number): string =>
      over.map((entry) => `${entry.resource}=${formatQuantity(value(entry))}`).join(',');
    const requested = list(({ amount }) => amount);
    const taken = list(({ resource }) => now.get(resource) ?? 0);
    throw failures.forbidden(
      refOf(kind, name),
      `exceeded quota: ${quota.metadata.name}, requested: ${requested}, used: ${taken}, limited: ${list(({ limit }) => limit)}`,
    );
  }
};
