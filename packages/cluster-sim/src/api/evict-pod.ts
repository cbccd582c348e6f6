import { apiTime, asArray, asObject } from '../objects.ts';
import { asPod } from '../pods/pod-types.ts';
import { checkBudgets } from './disruption-budgets.ts';
import type { DeleteOptions, ObjectApi } from '../store/object-api.ts';

type Address = Parameters<ObjectApi['get']>[0];

/**
 * Evicts a pod as the eviction API of the real server does: the pod first says why it will go, then it is deleted.
 * @throws ApiStatus 429 while a PodDisruptionBudget forbids it
 */
export const evictPod = (
  objects: ObjectApi,
  address: Address,
  { options, now }: { readonly options: DeleteOptions; readonly now: Date },
): void => {
  const pod = objects.get(address);
  checkBudgets(objects.store, asPod(pod));
  if (options.dryRun !== true && (options.uid === undefined || options.uid === pod.metadata.uid)) {
    const status = asObject(pod['status']);
    const others = asArray(status['conditions']).filter((condition) => asObject(condition)['type'] !== disruption.type);
    const conditions = [...others, { ...disruption, lastTransitionTime: apiTime(now) }];
    objects.replace(address, { ...pod, status: { ...status, conditions } }, { subresource: 'status' });
  }
  objects.delete(address, options);
};

const disruption = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  message: 'Eviction API: evicting',
  lastProbeTime: null,
};
