import type { Pipeline } from '@danube/contract';
import { describe, expect, it } from '@jest/globals';
import { buildJobPod } from '../src/pod/build-job-pod.ts';
import type { JobPodOptions } from '../src/pod/job-pod-options.ts';
import { podSecurityLevel, podSecurityViolations } from './pod-security.ts';

const pipeline: Pipeline = { id: 'p', workerImage: 'busybox:1', steps: [{ name: 's', run: 'true' }] };
const build = (options: JobPodOptions = {}, root = false) =>
  buildJobPod({ id: 'a', attempt: 1 }, root ? { ...pipeline, root } : pipeline, options);
const service = { name: 'db', image: 'postgres:17', ready: { tcpPort: 5432 } };

describe('the Pod Security level of a job pod', () => {
  it.each([
    { name: 'by default', options: {}, level: 'restricted' },
    { name: 'as sidecar', options: { shape: 'sidecar' }, level: 'restricted' },
    { name: 'with services', options: { services: [service] }, level: 'restricted' },
    {
      name: 'with volumes of every kind',
      options: {
        volumes: [
          { name: 'a', mountPath: '/a', source: { claim: 'a' } },
          { name: 'b', mountPath: '/b', source: { secret: 'b' } },
          { name: 'c', mountPath: '/c', source: { configMap: 'c' } },
        ],
      },
      level: 'restricted',
    },
    { name: 'as root', options: { allowRoot: true }, root: true, level: 'baseline' },
    { name: 'as root, as sidecar', options: { allowRoot: true, shape: 'sidecar' }, root: true, level: 'baseline' },
  ] as { name: string; options: JobPodOptions; root?: boolean; level: string }[])(
    'is $level $name',
    ({ options, root, level }) => {
      expect(podSecurityLevel(build(options, root))).toBe(level);
    },
  );

  it.each([
    { patch: { spec: { hostNetwork: true } }, violation: 'host namespaces' },
    {
      patch: { spec: { containers: [{ name: 'worker', securityContext: { privileged: true } }] } },
      violation: 'privileged: worker',
    },
    {
      patch: { spec: { containers: [{ name: 'worker', securityContext: { capabilities: { drop: null } } }] } },
      violation: 'dropped capabilities: worker',
    },
    {
      patch: { spec: { volumes: [{ name: 'host', hostPath: { path: '/' } }] } },
      violation: 'hostPath volumes',
    },
  ])('is lost by a patch: $violation', ({ patch, violation }) => {
    expect(podSecurityViolations(build({ patch }), 'restricted')).toContain(violation);
  });
});
