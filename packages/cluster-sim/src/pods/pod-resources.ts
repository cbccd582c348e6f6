import type { Pod } from './pod-types.ts';
import { parseQuantity } from './quantity.ts';

/** How much of a resource a pod asks for or is limited to: its containers together, or its hungriest init container. */
export const podAmount = ({ spec }: Pod, part: 'requests' | 'limits', resource: string): number => {
  const amount = ({ resources }: Pod['spec']['containers'][number]): number =>
    parseQuantity(resources?.[part]?.[resource] ?? '') ?? 0;
  const together = spec.containers.reduce((sum, container) => sum + amount(container), 0);
  return Math.max(together, ...(spec.initContainers ?? []).map(amount));
};
