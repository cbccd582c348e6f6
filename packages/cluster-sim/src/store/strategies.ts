import { failures, type StatusCause } from '../api/api-status.ts';
import { known, type ResourceKind } from '../api/kinds.ts';
import { asObject, isObject, type KubeObject } from '../objects.ts';
import { initialPodStatus, withPodDefaults } from '../pods/pod-defaults.ts';
import { asPod } from '../pods/pod-types.ts';
import { validatePod, validatePodUpdate } from '../pods/pod-validation.ts';
import { withServiceAccount } from '../pods/service-account.ts';
import { refOf } from './metadata.ts';
import { establishedStatus } from './custom-resources.ts';
import type { Store } from './store.ts';

/** What one kind does beyond plain storage. */
export interface Strategy {
  /** Fills defaults and runs admission; runs before validation. */
  readonly prepareCreate?: (object: KubeObject, store: Store, now: Date) => KubeObject;
  readonly validate?: (object: KubeObject) => readonly StatusCause[];
  readonly validateUpdate?: (next: KubeObject, previous: KubeObject) => readonly StatusCause[];
  /** True: a delete answers with the object; false: with a Status of success. */
  readonly returnsDeleted?: boolean;
}

const pods: Strategy = {
  prepareCreate: (object, store) => {
    const causes = validatePod(asPod(object)); // before the defaults, which rely on its shape
    if (causes.length > 0) throw failures.invalid(refOf(known.pods, object.metadata.name), causes);
    const pod = withServiceAccount(withPodDefaults(asPod(object)), store);
    return { ...pod, status: initialPodStatus(pod) };
  },
  validate: (object) => validatePod(asPod(object)),
  validateUpdate: (next, previous) => validatePodUpdate(asPod(next), asPod(previous)),
  returnsDeleted: true,
};

const namespaces: Strategy = {
  prepareCreate: (object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }),
  returnsDeleted: true,
};

const secrets: Strategy = {
  prepareCreate: (object) => {
    const { stringData, ...rest } = object;
    const encoded = Object.entries(asObject(stringData)).map(([key, value]) => [
      key,
      Buffer.from(String(value)).toString('base64'),
    ]);
    const merged: unknown = Object.fromEntries(encoded);
    return {
      type: 'Opaque',
      ...rest,
      ...(stringData === undefined ? {} : { data: { ...asObject(object['data']), ...asObject(merged) } }),
    };
  },
};

let nextClusterIp = 10;

const services: Strategy = {
  prepareCreate: (object) => {
    const spec = asObject(object['spec']);
    nextClusterIp += 1;
    const clusterIP = `10.96.${nextClusterIp >> 8}.${nextClusterIp & 255}`;
    const ip = spec['type'] === 'ExternalName' ? {} : { clusterIP, clusterIPs: [spec['clusterIP'] ?? clusterIP] };
    return {
      ...object,
      spec: { type: 'ClusterIP', sessionAffinity: 'None', ...ip, ...spec },
      status: { loadBalancer: {} },
    };
  },
  returnsDeleted: true,
};

const claims: Strategy = {
  prepareCreate: (object) => ({ ...object, status: { phase: 'Pending' } }),
  returnsDeleted: true,
};

const byPlural: Readonly<Record<string, Strategy>> = {
  pods,
  namespaces,
  secrets,
  services,
  persistentvolumeclaims: claims,
  serviceaccounts: { returnsDeleted: true },
};

const definitions: Strategy = { prepareCreate: (object, _store, now) => establishedStatus(object, now) };

const plain: Strategy = {};

/** The strategy of a kind; most kinds are plain storage. */
export const strategyOf = (kind: ResourceKind): Strategy => {
  if (kind === known.customResourceDefinitions) return definitions;
  return kind.group === '' ? (byPlural[kind.plural] ?? plain) : plain;
};

/** True when a kind keeps `status` apart, so that updates of the object leave it alone. */
export const hasStatusSubresource = (kind: ResourceKind, object: KubeObject): boolean =>
  kind.subresources.includes('status') && (isObject(object['status']) || object['status'] === undefined);
