import type { Pipeline } from '@danube/contract';
import { describe, expect, it } from '@jest/globals';
import { InvalidJobPodError } from '../errors.ts';
import { buildJobPod } from './build-job-pod.ts';
import type { JobPodOptions } from './job-pod-options.ts';

const pipeline: Pipeline = { id: 'p', workerImage: 'busybox:1', steps: [{ name: 's', run: 'true' }] };
const job = { id: 'a', attempt: 1 };
const build = (options: JobPodOptions, more: Partial<Pipeline> = {}) =>
  buildJobPod(job, { ...pipeline, ...more }, options);
const container = (options: JobPodOptions, name: string) =>
  build(options).spec.containers.find((found) => found.name === name)!;

describe('options of a job pod', () => {
  it('names pull secrets and the pull policy', () => {
    const { spec } = build({ imagePullSecrets: ['a', 'b'], imagePullPolicy: 'Always' });
    expect(spec.imagePullSecrets).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(spec.containers.map(({ imagePullPolicy }) => imagePullPolicy)).toEqual(['Always', 'Always']);
  });

  it('puts the workspace into memory', () => {
    const { spec } = build({ workspaceMedium: 'Memory', workspaceSize: '1Gi' });
    expect(spec.volumes![0]).toEqual({ name: 'workspace', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } });
  });

  it('gives the worker the resources of the options, and of the pipeline where it names some', () => {
    const options = { workerResources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } } };
    const resources = { limits: { memory: '2Gi' } };
    expect(build(options).spec.containers[1]!.resources).toEqual(options.workerResources);
    expect(build(options, { resources }).spec.containers[1]!.resources).toEqual({
      requests: { cpu: '1' },
      ...resources,
    });
  });

  it('mounts a volume of each kind in the container that asked', () => {
    const options: JobPodOptions = {
      volumes: [
        { name: 'cache', mountPath: '/cache', source: { claim: 'cache-a' }, subPath: 'x' },
        { name: 'keys', mountPath: '/keys', source: { secret: 'keys' }, readOnly: true },
        { name: 'conf', mountPath: '/conf', source: { configMap: 'conf' }, container: 'coordinator' },
      ],
    };
    expect(build(options).spec.volumes!.slice(-3)).toEqual([
      { name: 'cache', persistentVolumeClaim: { claimName: 'cache-a' } },
      { name: 'keys', secret: { secretName: 'keys' } },
      { name: 'conf', configMap: { name: 'conf' } },
    ]);
    expect(container(options, 'worker').volumeMounts!.slice(2)).toEqual([
      { name: 'cache', mountPath: '/cache', subPath: 'x' },
      { name: 'keys', mountPath: '/keys', readOnly: true },
    ]);
    expect(container(options, 'coordinator').volumeMounts!.at(-1)).toEqual({ name: 'conf', mountPath: '/conf' });
  });

  it('takes variables from Secrets by reference', () => {
    const options: JobPodOptions = { secretEnv: [{ name: 'TOKEN', secret: 's', key: 'k', optional: true }] };
    expect(container(options, 'worker').env!.at(-1)).toEqual({
      name: 'TOKEN',
      valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } },
    });
  });

  it('starts a service before the worker, and waits until it is ready', () => {
    const { spec } = build({
      services: [
        { name: 'db', image: 'postgres:17', env: { A: '1' }, runAsUser: 999, ready: { tcpPort: 5432 } },
        {
          name: 'web',
          image: 'web',
          command: ['a'],
          args: ['b'],
          ready: { httpPort: 80, path: '/up' },
          readyTimeoutSeconds: 5,
        },
      ],
    });
    expect(spec.initContainers).toMatchObject([
      {
        name: 'db',
        restartPolicy: 'Always',
        env: [{ name: 'A', value: '1' }],
        startupProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1, failureThreshold: 60 },
        securityContext: { runAsUser: 999, runAsNonRoot: true },
      },
      {
        name: 'web',
        command: ['a'],
        args: ['b'],
        startupProbe: { httpGet: { port: 80, path: '/up' }, periodSeconds: 1, failureThreshold: 5 },
      },
    ]);
    expect(spec.initContainers!.flatMap(({ volumeMounts = [] }) => volumeMounts)).toEqual([]);
  });

  it('makes the coordinator a native sidecar that is there first', () => {
    const { spec } = build({ shape: 'sidecar', services: [{ name: 'db', image: 'db' }] });
    expect(spec.initContainers!.map(({ name, restartPolicy }) => `${name} ${restartPolicy ?? ''}`)).toEqual([
      'coordinator Always',
      'db Always',
    ]);
    expect(spec.containers.map(({ name }) => name)).toEqual(['worker']);
  });

  it('takes the placement over', () => {
    const placement = {
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'ci', operator: 'Exists' }],
      priorityClassName: 'low',
      runtimeClassName: 'gvisor',
      hostUsers: false,
    };
    expect(build({ placement }).spec).toMatchObject(placement);
  });

  it('adds labels and annotations', () => {
    const { metadata } = build({ labels: { team: 'a' }, annotations: { 'x.io/y': 'any text' } });
    expect(metadata).toMatchObject({ labels: { team: 'a', app: 'danube' }, annotations: { 'x.io/y': 'any text' } });
  });

  const big = 'x'.repeat(300_000);
  const volume = { name: 'v', mountPath: '/v', source: { secret: 's' } };
  it.each([
    { path: 'job.id', options: {}, id: 'Not-legal' },
    { path: 'job.attempt', options: {}, attempt: 0 },
    { path: 'pipeline.workerImage', options: {}, more: { workerImage: 'UPPER//x' } },
    { path: 'pipeline.timeout', options: {}, more: { timeout: 'soon' } },
    { path: 'pipeline.resources.limits.memory', options: {}, more: { resources: { limits: { memory: '1 Gi' } } } },
    {
      path: 'pipeline.resources.requests.cpu: expected at most the limit 500m, got "1"',
      options: {},
      more: { resources: { requests: { cpu: '1' }, limits: { cpu: '500m' } } },
    },
    { path: 'pipeline.root', options: {}, more: { root: true } },
    { path: 'pipeline: expected at most 262144 bytes', options: {}, more: { steps: [{ name: 'a', run: big }] } },
    { path: 'pod.labels.pipeline', options: {}, more: { id: 'ü'.repeat(40) } },
    { path: 'options.namespace', options: { namespace: 'a.b' } },
    { path: 'options.coordinatorImage', options: { coordinatorImage: '' } },
    { path: 'options.imagePullSecrets[0]', options: { imagePullSecrets: ['A'] } },
    { path: 'options.apiUrl', options: { apiUrl: 'ftp://x' } },
    { path: 'options.workspaceSize', options: { workspaceSize: '10 GB' } },
    { path: 'options.deadlineMarginSeconds', options: { deadlineMarginSeconds: 1.5 } },
    { path: 'options.labels.job-id', options: { labels: { 'job-id': 'b' } } },
    { path: 'options.labels.a', options: { labels: { a: 'not a label value' } } },
    { path: 'options.annotations.a b', options: { annotations: { 'a b': '' } } },
    { path: 'options.placement.nodeSelector.a b', options: { placement: { nodeSelector: { 'a b': 'c' } } } },
    { path: 'options.placement.tolerations[0].key', options: { placement: { tolerations: [{ value: 'x' }] } } },
    { path: 'options.volumes[0].name', options: { volumes: [{ ...volume, name: 'workspace' }] } },
    {
      path: 'options.volumes[1].mountPath',
      options: { volumes: [volume, { ...volume, name: 'w', mountPath: '/v/' }] },
    },
    ...['/workspace', '/danube/x', '/', 'relative', '/var/run/secrets/x', '/var'].map((mountPath) => ({
      path: 'options.volumes[0].mountPath',
      options: { volumes: [{ ...volume, mountPath }] },
    })),
    { path: 'options.secretEnv[0].name', options: { secretEnv: [{ name: 'DANUBE_CONTROL', secret: 's', key: 'k' }] } },
    { path: 'options.services[0].name', options: { services: [{ name: 'worker', image: 'x' }] } },
    { path: 'options.services[0].runAsUser', options: { services: [{ name: 'db', image: 'x', runAsUser: 0 }] } },
    {
      path: 'options.coordinatorResources.requests.example.com/gpu',
      options: { coordinatorResources: { requests: { 'example.com/gpu': '1' } } },
    },
  ] as { path: string; options: JobPodOptions; more?: Partial<Pipeline>; id?: string; attempt?: number }[])(
    'refuses a wrong $path',
    ({ path, options, more, id = 'a', attempt = 1 }) => {
      const make = () => buildJobPod({ id, attempt }, { ...pipeline, ...more }, options);
      expect(make).toThrow(InvalidJobPodError);
      expect(make).toThrow(path);
    },
  );

  it('names everything that is wrong at once', () => {
    const error = (() => {
      try {
        build({ namespace: 'A', workspaceSize: 'big' }, { workerImage: '' });
      } catch (thrown) {
        return thrown as InvalidJobPodError;
      }
      return undefined;
    })();
    expect(error!.problems.map(({ path }) => path.join('.'))).toEqual([
      'pipeline.workerImage',
      'options.namespace',
      'options.workspaceSize',
    ]);
  });

  it('does not repeat an address that holds a password', () => {
    expect(() => build({ apiUrl: 'http://user:hunter2@api' })).toThrow(/^(?!.*hunter2)/s);
  });
});
