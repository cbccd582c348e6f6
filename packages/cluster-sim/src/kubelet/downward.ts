import { cpus, totalmem } from 'node:os';
import { parseQuantity } from '../pods/quantity.ts';
import type { ContainerSpec, FieldRef, Pod } from '../pods/pod-types.ts';

/** Labels or annotations as a downward API file shows them: `key="value"` with Go's escapes, sorted. */
const formatMap = (map: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');

/** The value of a `fieldRef`. Undefined for a field that the downward API does not offer. */
export const fieldValue = (pod: Pod, { fieldPath }: FieldRef): string | undefined => {
  const { metadata, spec, status } = pod;
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(fieldPath);
  if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  const values: Readonly<Record<string, () => string>> = {
    'metadata.name': () => metadata.name,
    'metadata.namespace': () => metadata.namespace ?? '',
    'metadata.uid': () => metadata.uid,
    'metadata.labels': () => formatMap(metadata.labels),
    'metadata.annotations': () => formatMap(metadata.annotations),
    'spec.nodeName': () => spec.nodeName ?? '',
    'spec.serviceAccountName': () => spec.serviceAccountName ?? '',
    'status.hostIP': () => '127.0.0.1',
    'status.podIP': () => status.podIP ?? '127.0.0.1',
    'status.podIPs': () => status.podIP ?? '127.0.0.1',
  };
  return values[fieldPath]?.();
};

/** The value of a `resourceFieldRef`: in whole units, rounded up; what is not set is what the machine has. */
export const resourceValue = (container: ContainerSpec, resource: string, divisor = '1'): string => {
  const [list, name = ''] = resource.split('.');
  const amounts = list === 'limits' ? container.resources?.limits : container.resources?.requests;
  const machine = name === 'cpu' ? cpus().length : totalmem();
  const amount = parseQuantity(amounts?.[name] ?? '') ?? (list === 'limits' ? machine : 0);
  return String(Math.ceil(amount / (parseQuantity(divisor === '0' ? '1' : divisor) ?? 1)));
};
