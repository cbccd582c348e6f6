import type { Pipeline } from '@danube/contract';
import { describe, expect, it } from '@jest/globals';
import { InvalidJobPodError } from '../errors.ts';
import { buildJobPod } from './build-job-pod.ts';
import type { PodPatch } from './pod-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

const pipeline: Pipeline = { id: 'p', workerImage: 'busybox:1', steps: [{ name: 's', run: 'true' }] };
const build = (patch: PodPatch) => buildJobPod({ id: 'a', attempt: 1 }, pipeline, { patch });

describe('strategicMerge', () => {
  it.each([
    { name: 'merges maps', base: { a: { b: 1, c: 2 } }, patch: { a: { c: 3 } }, want: { a: { b: 1, c: 3 } } },
    { name: 'removes by null', base: { a: 1, b: 2 }, patch: { a: null }, want: { b: 2 } },
    { name: 'replaces plain lists', base: { args: [1, 2] }, patch: { args: [3] }, want: { args: [3] } },
    {
      name: 'merges containers by name',
      base: { containers: [{ name: 'a', image: '1' }, { name: 'b' }] },
      patch: { containers: [{ name: 'a', tty: true }, { name: 'c' }] },
      want: { containers: [{ name: 'a', image: '1', tty: true }, { name: 'b' }, { name: 'c' }] },
    },
    {
      name: 'merges mounts by path',
      base: { volumeMounts: [{ name: 'x', mountPath: '/x' }] },
      patch: { volumeMounts: [{ mountPath: '/x', readOnly: true }] },
      want: { volumeMounts: [{ name: 'x', mountPath: '/x', readOnly: true }] },
    },
    {
      name: 'deletes from a list',
      base: { env: [{ name: 'A' }, { name: 'B' }] },
      patch: { env: [{ name: 'A', $patch: 'delete' }] },
      want: { env: [{ name: 'B' }] },
    },
  ])('$name', ({ base, patch, want }) => {
    const before = structuredClone(base);
    expect(strategicMerge(base, patch)).toEqual(want);
    expect(base).toEqual(before);
  });
});

describe('a patch of a job pod', () => {
  it('changes what is free', () => {
    const pod = build({
      metadata: { annotations: { 'example.com/team': 'a' } },
      spec: {
        dnsPolicy: 'Default',
        containers: [
          { name: 'worker', stdin: true, env: [{ name: 'EXTRA', value: '1' }] },
          { name: 'more', image: 'x' },
        ],
        volumes: [{ name: 'workspace', emptyDir: { medium: 'Memory' } }],
      },
    });
    expect(pod.metadata.annotations).toMatchObject({ 'example.com/team': 'a' });
    expect(pod.spec.containers.map(({ name }) => name)).toEqual(['coordinator', 'worker', 'more']);
    expect(pod.spec.containers[1]).toMatchObject({ image: 'busybox:1', stdin: true });
    expect(pod.spec.volumes![0]).toEqual({ name: 'workspace', emptyDir: { medium: 'Memory', sizeLimit: '10Gi' } });
  });

  const tokenMount = { name: 'danube-token', mountPath: '/token' };
  const ownToken = { name: 'mine', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } };
  it.each([
    { path: 'metadata.name', patch: { metadata: { name: 'x' } } },
    { path: 'metadata.labels.job-id', patch: { metadata: { labels: { 'job-id': 'b' } } } },
    {
      path: 'metadata.annotations.danube.dev/job-spec',
      patch: { metadata: { annotations: { 'danube.dev/job-spec': null } } },
    },
    { path: 'spec.restartPolicy', patch: { spec: { restartPolicy: 'Always' } } },
    { path: 'spec.activeDeadlineSeconds', patch: { spec: { activeDeadlineSeconds: null } } },
    { path: 'spec.automountServiceAccountToken', patch: { spec: { automountServiceAccountToken: true } } },
    { path: 'spec.shareProcessNamespace', patch: { spec: { shareProcessNamespace: true } } },
    { path: 'spec.hostPID', patch: { spec: { hostPID: true } } },
    { path: 'spec.containers.worker', patch: { spec: { containers: [{ name: 'worker', $patch: 'delete' }] } } },
    {
      path: 'spec.containers.worker.volumeMounts',
      patch: { spec: { containers: [{ name: 'worker', volumeMounts: [tokenMount] }] } },
    },
    {
      path: 'spec.containers.more.volumeMounts',
      patch: {
        spec: {
          containers: [{ name: 'more', image: 'x', volumeMounts: [{ name: 'mine', mountPath: '/t' }] }],
          volumes: [ownToken],
        },
      },
    },
    {
      path: 'spec.containers.worker.volumeMounts./workspace',
      patch: {
        spec: { containers: [{ name: 'worker', volumeMounts: [{ mountPath: '/workspace', readOnly: true }] }] },
      },
    },
    {
      path: 'spec.containers.coordinator.env.DANUBE_JOB_SPEC',
      patch: { spec: { containers: [{ name: 'coordinator', env: [{ name: 'DANUBE_JOB_SPEC', value: '/x' }] }] } },
    },
    { path: 'spec.volumes.workspace', patch: { spec: { volumes: [{ name: 'workspace', $patch: 'delete' }] } } },
    {
      path: 'spec.volumes.control',
      patch: { spec: { volumes: [{ name: 'control', emptyDir: { medium: 'Memory' } }] } },
    },
  ] as { path: string; patch: PodPatch }[])('may not touch $path', ({ path, patch }) => {
    expect(() => build(patch)).toThrow(InvalidJobPodError);
    expect(() => build(patch)).toThrow(`patch.${path}: `);
  });
});
