import type { ContainerSpec, Pod, PodStatus } from './pod-types.ts';

const DEFAULT_GRACE_SECONDS = 30;

/** An image without a tag or with `latest` is pulled each time; any other only when it is missing (pkg/apis/core/v1/defaults.go). */
const pullPolicy = (image: string): string => {
  const digest = image.includes('@');
  const tag = /:([^/]+)$/.exec(image)?.[1];
  return !digest && (tag === undefined || tag === 'latest') ? 'Always' : 'IfNotPresent';
};

const withContainerDefaults = (container: ContainerSpec): ContainerSpec => ({
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: pullPolicy(container.image ?? ''),
  ...container,
  resources: withRequests(container.resources ?? {}),
});

const withRequests = (resources: NonNullable<ContainerSpec['resources']>): NonNullable<ContainerSpec['resources']> =>
  resources.limits === undefined
    ? resources
    : { ...resources, requests: { ...resources.limits, ...(resources.requests ?? {}) } };

const qosClass = (containers: readonly ContainerSpec[]): string => {
  const amounts = containers.map(({ resources }) => resources ?? {});
  if (amounts.every(({ requests, limits }) => requests === undefined && limits === undefined)) return 'BestEffort';
  const guaranteed = amounts.every(({ requests, limits }) =>
    ['cpu', 'memory'].every((name) => limits?.[name] !== undefined && limits[name] === requests?.[name]),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
};

/** The spec with what the API server fills in. */
export const withPodDefaults = (pod: Pod): Pod => {
  const { spec } = pod;
  const serviceAccountName = spec.serviceAccountName ?? 'default';
  return {
    ...pod,
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: DEFAULT_GRACE_SECONDS,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      priority: 0,
      ...spec,
      serviceAccountName,
      serviceAccount: serviceAccountName,
      containers: spec.containers.map(withContainerDefaults),
      ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(withContainerDefaults) }),
    },
  };
};

/** The status of a pod that was just created. What the client sent as status is dropped, as on the real server. */
export const initialPodStatus = (pod: Pod): PodStatus => ({
  phase: 'Pending',
  qosClass: qosClass([...pod.spec.containers, ...(pod.spec.initContainers ?? [])]),
});
