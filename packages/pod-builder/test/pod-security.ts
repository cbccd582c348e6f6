import type { Container, Pod } from '@danube/k8s-client';

/** Levels of https://kubernetes.io/docs/concepts/security/pod-security-standards/, the strictest first. */
export type PodSecurityLevel = 'restricted' | 'baseline' | 'privileged';

const baselineCapabilities = new Set(
  ['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE'].concat([
    'SETFCAP',
    'SETGID',
    'SETPCAP',
    'SETUID',
    'SYS_CHROOT',
  ]),
);
const restrictedVolumes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** What keeps a pod from a level: one line per control. Empty means that it passes. */
export const podSecurityViolations = (pod: Pod, level: 'restricted' | 'baseline'): string[] => {
  const spec = pod.spec!;
  const containers: Container[] = [...(spec.initContainers ?? []), ...spec.containers];
  const found: string[] = [];
  const every = (control: string, holds: (container: Container) => boolean): void => {
    for (const container of containers) if (!holds(container)) found.push(`${control}: ${container.name}`);
  };

  if (spec.hostNetwork || spec.hostPID || spec.hostIPC) found.push('host namespaces');
  if ((spec.volumes ?? []).some(({ hostPath }) => hostPath !== undefined)) found.push('hostPath volumes');
  if (spec.securityContext?.sysctls !== undefined) found.push('sysctls');
  if (spec.securityContext?.seccompProfile?.type === 'Unconfined') found.push('seccomp of the pod');
  every('privileged', ({ securityContext }) => securityContext?.privileged !== true);
  every('host ports', ({ ports = [] }) => ports.every(({ hostPort = 0 }) => hostPort === 0));
  every('proc mount', ({ securityContext }) => (securityContext?.procMount ?? 'Default') === 'Default');
  every('seccomp', ({ securityContext }) => securityContext?.seccompProfile?.type !== 'Unconfined');
  every('added capabilities', ({ securityContext }) =>
    (securityContext?.capabilities?.add ?? []).every((name) => baselineCapabilities.has(name)),
  );
  if (level === 'baseline') return found;

  for (const { name, ...source } of spec.volumes ?? [])
    if (!Object.keys(source).every((kind) => restrictedVolumes.has(kind))) found.push(`volume type: ${name}`);
  every('privilege escalation', ({ securityContext }) => securityContext?.allowPrivilegeEscalation === false);
  every(
    'run as non-root',
    ({ securityContext }) => (securityContext?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot) === true,
  );
  if (spec.securityContext?.runAsUser === 0) found.push('root user of the pod');
  every('root user', ({ securityContext }) => securityContext?.runAsUser !== 0);
  every('seccomp profile', ({ securityContext }) =>
    ['RuntimeDefault', 'Localhost'].includes(
      (securityContext?.seccompProfile ?? spec.securityContext?.seccompProfile)?.type ?? '',
    ),
  );
  every('dropped capabilities', ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') === true);
  every('kept capabilities', ({ securityContext }) =>
    (securityContext?.capabilities?.add ?? []).every((name) => name === 'NET_BIND_SERVICE'),
  );
  return found;
};

/** The strictest level that a pod passes. */
export const podSecurityLevel = (pod: Pod): PodSecurityLevel => {
  if (podSecurityViolations(pod, 'restricted').length === 0) return 'restricted';
  return podSecurityViolations(pod, 'baseline').length === 0 ? 'baseline' : 'privileged';
};
