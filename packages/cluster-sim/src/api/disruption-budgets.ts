import { asArray, asObject, asString, at, type KubeObject } from '../objects.ts';
import { asPod, type Pod } from '../pods/pod-types.ts';
import type { Store } from '../store/store.ts';
import { failures } from './api-status.ts';
import { known } from './kinds.ts';

const selects = (budget: KubeObject, { metadata }: Pod): boolean => {
  const { labels = {} } = metadata;
  const selector = asObject(at(budget, 'spec', 'selector'));
  const equal = Object.entries(asObject(selector['matchLabels'])).every(([key, value]) => labels[key] === value);
  return equal && asArray(selector['matchExpressions']).every((each) => meets(asObject(each), labels));
};

const meets = (requirement: ReturnType<typeof asObject>, labels: Readonly<Record<string, string>>): boolean => {
  const value = labels[asString(requirement['key'])];
  const values = asArray(requirement['values']).map(asString);
  switch (requirement['operator']) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
};

const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;

/** A number of pods, or a share of all, rounded up. */
const amount = (value: unknown, all: number): number => {
  const percent = /^(\d+)%$/.exec(asString(value))?.[1];
  return percent === undefined ? Number(value) : Math.ceil((Number(percent) * all) / 100);
};

/**
 * Throws the 429 of the real server when a budget forbids the eviction of this pod. A pod that is not ready, or has
 * ended, may always go.
 */
export const checkBudgets = (store: Store, pod: Pod): void => {
  if (!isReady(pod) || pod.metadata.deletionTimestamp !== undefined) return;
  const { namespace } = pod.metadata;
  for (const budget of store.list(known.disruptionBudgets, namespace).items) {
    if (!selects(budget, pod)) continue;
    const guarded = store
      .list(known.pods, namespace)
      .items.map(asPod)
      .filter((each) => selects(budget, each));
    const healthy = guarded.filter((each) => isReady(each) && each.metadata.deletionTimestamp === undefined).length;
    const { minAvailable, maxUnavailable } = asObject(budget['spec']);
    const needed =
      maxUnavailable === undefined
        ? amount(minAvailable ?? 1, guarded.length)
        : guarded.length - amount(maxUnavailable, guarded.length);
    if (healthy - 1 < needed) throw failures.disruptionBudget(budget.metadata.name, { needed, healthy });
  }
};
