import { jobSpecSchema, type Pipeline } from '@danube/contract';
import { describe, expect, it } from '@jest/globals';
import { InvalidJobPodError } from '../errors.ts';
import { buildJobPod } from './build-job-pod.ts';
import { idleLoop } from './worker-container.ts';

const pipeline: Pipeline = {
  id: 'hello',
  workerImage: 'busybox:1.36',
  resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
  timeout: '2m',
  steps: [{ name: 'greet', run: 'echo hi' }],
};
const job = { id: '7f3a', attempt: 1 };

const restricted = (uid: number) => ({
  runAsNonRoot: true,
  runAsUser: uid,
  runAsGroup: uid,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
});

describe('buildJobPod', () => {
  it('builds the documented pod, field by field', () => {
    expect(buildJobPod(job, pipeline, { apiUrl: 'http://api:8080' })).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'job-7f3a',
        namespace: 'danube-jobs',
        labels: {
          app: 'danube',
          'job-id': '7f3a',
          pipeline: 'hello',
          'danube.dev/attempt': '1',
          'danube.dev/owner': 'danube',
          'app.kubernetes.io/name': 'danube-job',
          'app.kubernetes.io/instance': 'job-7f3a',
          'app.kubernetes.io/component': 'job',
          'app.kubernetes.io/part-of': 'danube',
          'app.kubernetes.io/managed-by': 'danube',
        },
        annotations: {
          'danube.dev/job-spec': JSON.stringify({ version: 1, jobId: '7f3a', attempt: 1, pipeline }),
          'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
          'kubectl.kubernetes.io/default-container': 'worker',
        },
      },
      spec: {
        restartPolicy: 'Never',
        activeDeadlineSeconds: 720,
        terminationGracePeriodSeconds: 15,
        serviceAccountName: 'danube-coordinator',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsNonRoot: true,
          fsGroup: 65532,
          fsGroupChangePolicy: 'OnRootMismatch',
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'coordinator',
            image: 'danube-coordinator:latest',
            imagePullPolicy: 'IfNotPresent',
            env: [
              { name: 'DANUBE_WORKSPACE', value: '/workspace' },
              { name: 'DANUBE_CONTROL', value: '/danube' },
              { name: 'DANUBE_JOB_SPEC', value: '/etc/danube/job.json' },
              { name: 'DANUBE_TERMINATION_LOG', value: '/dev/termination-log' },
              { name: 'DANUBE_API_URL', value: 'http://api:8080' },
              { name: 'DANUBE_TOKEN_FILE', value: '/var/run/secrets/danube/token' },
              { name: 'DANUBE_SERVICE_ACCOUNT', value: '/var/run/secrets/kubernetes.io/serviceaccount' },
              { name: 'DANUBE_SECRETS', value: '/var/run/secrets/danube-job' },
              { name: 'DANUBE_KEPT_SECRETS', value: '/var/run/secrets/danube-job-kept' },
              { name: 'DANUBE_POD_NAME', value: 'job-7f3a' },
              { name: 'DANUBE_POD_NAMESPACE', value: 'danube-jobs' },
            ],
            resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
            volumeMounts: [
              { name: 'workspace', mountPath: '/workspace' },
              { name: 'control', mountPath: '/danube' },
              { name: 'job-spec', mountPath: '/etc/danube', readOnly: true },
              { name: 'kube-api-access', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
              { name: 'danube-token', mountPath: '/var/run/secrets/danube', readOnly: true },
            ],
            securityContext: { ...restricted(65532), readOnlyRootFilesystem: true },
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
          },
          {
            name: 'worker',
            image: 'busybox:1.36',
            imagePullPolicy: 'IfNotPresent',
            command: ['/bin/sh', '-c', idleLoop],
            workingDir: '/workspace',
            env: [
              { name: 'DANUBE_WORKSPACE', value: '/workspace' },
              { name: 'DANUBE_CONTROL', value: '/danube' },
            ],
            resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
            volumeMounts: [
              { name: 'workspace', mountPath: '/workspace' },
              { name: 'control', mountPath: '/danube' },
            ],
            securityContext: restricted(1000),
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
          },
        ],
        volumes: [
          { name: 'workspace', emptyDir: { sizeLimit: '10Gi' } },
          { name: 'control', emptyDir: { sizeLimit: '2Gi' } },
          {
            name: 'job-spec',
            downwardAPI: {
              items: [{ path: 'job.json', fieldRef: { fieldPath: "metadata.annotations['danube.dev/job-spec']" } }],
            },
          },
          {
            name: 'kube-api-access',
            projected: {
              sources: [
                { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
                { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
                { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
              ],
            },
          },
          {
            name: 'danube-token',
            projected: {
              sources: [{ serviceAccountToken: { audience: 'danube', path: 'token', expirationSeconds: 3600 } }],
            },
          },
        ],
      },
    });
  });

  it('carries a job spec that the contract accepts', () => {
    const { metadata } = buildJobPod({ id: 'a', attempt: 3 }, pipeline);
    const spec = jobSpecSchema.parse(JSON.parse(metadata.annotations['danube.dev/job-spec']!));
    expect(spec).toEqual({ version: 1, jobId: 'a', attempt: 3, pipeline });
  });

  it('gives each further attempt its own name', () => {
    expect([1, 2, 3].map((attempt) => buildJobPod({ id: 'a', attempt }, pipeline).metadata.name)).toEqual([
      'job-a',
      'job-a-r2',
      'job-a-r3',
    ]);
  });

  it('gives the deadline of the default timeout to a pipeline that names none', () => {
    const { timeout, ...without } = pipeline;
    expect(timeout).toBe('2m');
    expect(buildJobPod(job, without).spec.activeDeadlineSeconds).toBe(3600 + 600);
  });

  it('leaves the api-server out when there is none', () => {
    const [coordinator] = buildJobPod(job, pipeline).spec.containers;
    expect(coordinator!.env!.map(({ name }) => name)).not.toContain('DANUBE_API_URL');
  });

  it('keeps every token away from the worker', () => {
    const [, worker] = buildJobPod(job, pipeline).spec.containers;
    expect(worker!.volumeMounts!.map(({ name }) => name)).toEqual(['workspace', 'control']);
  });

  it('refuses root unless the options allow it, naming the field', () => {
    const root = { ...pipeline, root: true };
    expect(() => buildJobPod(job, root)).toThrow(InvalidJobPodError);
    expect(() => buildJobPod(job, root)).toThrow('pipeline.root: expected no root');
  });

  it('runs only the worker as root when that is allowed', () => {
    const { spec } = buildJobPod(job, { ...pipeline, root: true }, { allowRoot: true });
    expect(spec.securityContext).toEqual({
      fsGroup: 65532,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.containers.map(({ securityContext }) => securityContext)).toEqual([
      { ...restricted(65532), readOnlyRootFilesystem: true },
      { runAsUser: 0, runAsGroup: 0, runAsNonRoot: false },
    ]);
  });

  it('does not change what it is given', () => {
    const frozen = Object.freeze({ ...pipeline });
    expect(() => buildJobPod(Object.freeze({ ...job }), frozen, Object.freeze({}))).not.toThrow();
  });

  describe('with secrets', () => {
    const withSecret: Pipeline = { ...pipeline, secrets: { TOKEN: { secret: 'npm', key: 'token' } } };
    const allowed = { allowedSecrets: ['npm'] };

    it('mounts them into the coordinator alone, whatever its shape', () => {
      for (const shape of ['containers', 'sidecar'] as const) {
        const { spec } = buildJobPod(job, withSecret, { ...allowed, shape });
        expect(spec.volumes?.find(({ name }) => name === 'job-secrets')).toEqual({
          name: 'job-secrets',
          projected: {
            defaultMode: 0o440,
            sources: [{ secret: { name: 'npm', items: [{ key: 'token', path: 'TOKEN' }] } }],
          },
        });
        expect(spec.volumes?.find(({ name }) => name === 'job-secrets-kept')?.emptyDir?.medium).toBe('Memory');
        const mounting = [...(spec.initContainers ?? []), ...spec.containers].filter(({ volumeMounts }) =>
          volumeMounts?.some(({ name }) => name.startsWith('job-secrets')),
        );
        expect(mounting.map(({ name }) => name)).toEqual(['coordinator']);
      }
    });

    it('takes them only from Secrets that are allowed', () => {
      const expected = 'pipeline.secrets.TOKEN.secret: expected a Secret that options.allowedSecrets names, got "npm"';
      for (const options of [{}, { allowedSecrets: ['other'] }]) {
        expect(() => buildJobPod(job, withSecret, options)).toThrow(expected);
      }
      expect(() => buildJobPod(job, withSecret, { allowedSecrets: ['*'] })).not.toThrow();
    });

    it.each(['job-secrets', 'job-secrets-kept'])('lets no patch show %s to the worker', (name) => {
      const mount = { name, mountPath: '/mnt' };
      const patch = { spec: { containers: [{ name: 'worker', volumeMounts: [mount] }] } };
      expect(() => buildJobPod(job, withSecret, { ...allowed, patch })).toThrow('only the coordinator may mount');
    });
  });
});
