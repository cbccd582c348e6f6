import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { findProcesses } from '../src/kubelet/process-tree.ts';
import { startClusterSim, type ClusterSim } from '../src/index.ts';
import { call, createPod, eventually, podBody, podInPhase, podPath, str, watch, type Loose } from './support/api.ts';
import { cookieOf, simulatorOf } from './support/processes.ts';

let sim: ClusterSim;
beforeAll(async () => {
  sim = await startClusterSim({
    images: { 'tool:1': { command: ['sh', '-c', 'echo "$0 $*" "$FROM_IMAGE"', 'tool'], env: { FROM_IMAGE: 'yes' } } },
  });
});
afterAll(() => sim.close());

const log = async (name: string, query = ''): Promise<string> => (await call(sim, `${podPath(name)}/log${query}`)).text;
const conditionsOf = (pod: Loose) =>
  Object.fromEntries(pod.status.conditions.map(({ type, status }) => [str(type), status]));

describe('the life of a pod', () => {
  test('a pod that ends with 0 is Succeeded and keeps its log and message', async () => {
    const watcher = watch(
      sim,
      '/api/v1/namespaces/default/pods?watch=1&fieldSelector=metadata.name%3Dgood&resourceVersion=0',
    );
    await createPod(sim, {
      name: 'good',
      command: ['sh', '-c', 'echo out; echo err >&2; printf done >"$MESSAGE"; sleep 0.2'],
      container: { env: [{ name: 'MESSAGE', value: '/dev/termination-log' }] },
    });
    const pod = await podInPhase(sim, 'good', 'Succeeded');
    expect(pod.status.containerStatuses[0].state.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
      message: 'done',
    });
    expect(conditionsOf(pod)).toMatchObject({ PodScheduled: 'True', Initialized: 'True', Ready: 'False' });
    expect(await log('good')).toContain('out\n');
    expect(await log('good')).toContain('err\n');
    const phases = watcher.events.map(({ object }) => str(object.status.phase));
    watcher.stop();
    expect([...new Set(phases)]).toEqual(['Pending', 'Running', 'Succeeded']);
    expect(
      watcher.events.every(
        (event, i) =>
          i === 0 ||
          Number(event.object.metadata.resourceVersion) >
            Number(watcher.events[i - 1]?.object.metadata.resourceVersion),
      ),
    ).toBe(true);
  });

  test('a pod that ends with 7 is Failed with that code', async () => {
    await createPod(sim, { name: 'bad', command: ['sh', '-c', 'exit 7'] });
    const pod = await podInPhase(sim, 'bad', 'Failed');
    expect(pod.status.containerStatuses[0].state.terminated).toMatchObject({ exitCode: 7, reason: 'Error' });
  });

  test('a running pod is Ready', async () => {
    await createPod(sim, { name: 'ready', command: ['sleep', '60'] });
    const pod = await podInPhase(sim, 'ready', 'Running');
    expect(conditionsOf(pod)).toMatchObject({ Ready: 'True', ContainersReady: 'True' });
    expect(pod.status.containerStatuses[0]).toMatchObject({ ready: true, started: true, restartCount: 0 });
    await call(sim, podPath('ready'), { method: 'DELETE' });
  });

  test('a container without a command runs what stands for its image, with its arguments', async () => {
    await createPod(sim, {
      name: 'tool',
      image: 'tool:1',
      container: { args: ['a', '$(WHO)'], env: [{ name: 'WHO', value: 'me' }] },
    });
    await podInPhase(sim, 'tool', 'Succeeded');
    expect(await log('tool')).toBe('tool a me yes\n');
  });

  test('OnFailure starts a failed container again', async () => {
    await createPod(sim, {
      name: 'again',
      command: ['sh', '-c', 'test -e "$DIR/x" && exit 0; touch "$DIR/x"; echo first; exit 1'],
      spec: { restartPolicy: 'OnFailure', volumes: [{ name: 'v', emptyDir: {} }] },
      container: {
        env: [{ name: 'DIR', value: '/v' }],
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
      },
    });
    const pod = await podInPhase(sim, 'again', 'Succeeded');
    expect(pod.status.containerStatuses[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 1 } },
    });
    expect(await log('again', '?previous=true')).toBe('first\n');
  });

  test('init containers run first and in order; one that fails fails the pod', async () => {
    const mounts = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
    const init = (name: string, script: string) => ({
      name,
      image: 'busybox:1',
      command: ['sh', '-c', script],
      ...mounts,
    });
    const spec = { volumes: [{ name: 'v', emptyDir: {} }] };
    await createPod(sim, {
      name: 'inits',
      command: ['sh', '-c', 'cat /v/order'],
      container: mounts,
      spec: {
        ...spec,
        initContainers: [init('one', 'sleep 0.1; echo one >>/v/order'), init('two', 'echo two >>/v/order')],
      },
    });
    await podInPhase(sim, 'inits', 'Succeeded');
    expect(await log('inits')).toBe('one\ntwo\n');
    await createPod(sim, {
      name: 'bad-init',
      command: ['echo', 'never'],
      spec: { ...spec, initContainers: [init('one', 'exit 3')] },
    });
    const failed = await podInPhase(sim, 'bad-init', 'Failed');
    expect(failed.status.containerStatuses[0].state.waiting.reason).toBe('PodInitializing');
  });

  test('a sidecar ends when the main containers have ended', async () => {
    const sidecar = {
      name: 'side',
      image: 'busybox:1',
      restartPolicy: 'Always',
      command: ['sh', '-c', "trap 'exit 0' TERM; while :; do sleep 0.05; done"],
    };
    await createPod(sim, { name: 'sidecar', command: ['sleep', '0.2'], spec: { initContainers: [sidecar] } });
    const pod = await podInPhase(sim, 'sidecar', 'Succeeded');
    expect(pod.status.initContainerStatuses[0].state.terminated.exitCode).toBe(0);
  });

  test('the deadline of a pod ends it', async () => {
    await createPod(sim, { name: 'late', command: ['sleep', '60'], spec: { activeDeadlineSeconds: 1 } });
    const pod = await podInPhase(sim, 'late', 'Failed');
    expect(pod.status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
  });
});

describe('a pod that cannot start says why', () => {
  const stateOf = (name: string, reason: string) =>
    eventually(async () => {
      const { body } = await call(sim, podPath(name));
      const { containerStatuses } = body.status as { containerStatuses?: Loose };
      const state = containerStatuses?.[0].state as Partial<Loose> | undefined;
      const seen = state?.waiting?.reason ?? state?.terminated?.reason;
      return seen !== undefined && str(seen) === reason ? containerStatuses?.[0].state : undefined;
    });

  test('an unknown registry: ErrImagePull, then ImagePullBackOff', async () => {
    await createPod(sim, { name: 'no-image', image: 'registry.invalid/x:1' });
    expect((await stateOf('no-image', 'ErrImagePull')).waiting.message).toContain(
      'lookup registry.invalid: no such host',
    );
    expect((await stateOf('no-image', 'ImagePullBackOff')).waiting.message).toContain(
      'Back-off pulling image "registry.invalid/x:1"',
    );
    const { body } = await call(sim, '/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dno-image');
    expect(body.items.map(({ reason }) => str(reason))).toEqual(
      expect.arrayContaining(['Pulling', 'Failed', 'BackOff']),
    );
  });

  test('a malformed image name: InvalidImageName', async () => {
    await createPod(sim, { name: 'odd-image', image: 'not a name' });
    expect((await stateOf('odd-image', 'InvalidImageName')).waiting.message).toContain('invalid reference format');
  });

  test('a missing Secret: CreateContainerConfigError, until it is there', async () => {
    await createPod(sim, {
      name: 'no-secret',
      command: ['sh', '-c', 'echo "$S"'],
      container: { env: [{ name: 'S', valueFrom: { secretKeyRef: { name: 'later', key: 'k' } } }] },
    });
    expect((await stateOf('no-secret', 'CreateContainerConfigError')).waiting.message).toBe('secret "later" not found');
    await call(sim, '/api/v1/namespaces/default/secrets', {
      body: { metadata: { name: 'later' }, stringData: { k: 'v' } },
    });
    await podInPhase(sim, 'no-secret', 'Succeeded');
    expect(await log('no-secret')).toBe('v\n');
  });

  test('a missing program: StartError 128', async () => {
    await createPod(sim, { name: 'no-program', command: ['no-such-program'] });
    const { terminated } = await stateOf('no-program', 'StartError');
    expect(terminated.exitCode).toBe(128);
    expect(terminated.message).toContain('executable file not found in $PATH');
    await podInPhase(sim, 'no-program', 'Failed');
  });

  test('an impossible request and a node label that is not there: Unschedulable', async () => {
    await createPod(sim, { name: 'huge', container: { resources: { requests: { cpu: '10000' } } } });
    await createPod(sim, { name: 'elsewhere', spec: { nodeSelector: { disk: 'ssd' } } });
    const condition = async (name: string) => (await call(sim, podPath(name))).body.status.conditions[0];
    expect(await condition('huge')).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: expect.stringContaining('Insufficient cpu'),
    });
    expect((await condition('elsewhere')).message).toContain("node(s) didn't match Pod's node affinity/selector");
    await call(sim, podPath('huge'), { method: 'DELETE' });
    expect((await call(sim, podPath('huge'))).status).toBe(404);
  });

  test('what is wrong with a pod is 422 with causes', async () => {
    const body = podBody({
      name: 'x',
      spec: { restartPolicy: 'Sometimes' },
      container: { volumeMounts: [{ name: 'none', mountPath: '/x' }] },
    });
    const answer = await call(sim, '/api/v1/namespaces/default/pods', { body });
    expect(answer.status).toBe(422);
    expect(answer.body.reason).toBe('Invalid');
    expect(answer.body.details.causes.map(({ field }) => str(field))).toEqual([
      'spec.containers[0].volumeMounts[0].name',
      'spec.restartPolicy',
    ]);
    expect(answer.body.message).toMatch(/^Pod "x" is invalid: \[/);
  });
});

describe('the end of a pod', () => {
  test('TERM, the grace, then KILL; the object stays until the processes are gone', async () => {
    await createPod(sim, {
      name: 'stubborn',
      command: ['sh', '-c', "trap '' TERM; echo up; while :; do sleep 0.1; done"],
    });
    await podInPhase(sim, 'stubborn', 'Running');
    await eventually(async () => (await log('stubborn')) === 'up\n');
    const started = performance.now();
    const { body } = await call(sim, podPath('stubborn'), { method: 'DELETE' });
    expect(body.metadata.deletionGracePeriodSeconds).toBe(1);
    expect((await call(sim, podPath('stubborn'))).status).toBe(200);
    await eventually(async () => (await call(sim, podPath('stubborn'))).status === 404);
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  test('a pod that hears TERM ends before its grace is over', async () => {
    await createPod(sim, {
      name: 'polite',
      command: ['sh', '-c', "trap 'exit 0' TERM; echo up; while :; do sleep 0.02; done"],
      spec: { terminationGracePeriodSeconds: 30 },
    });
    await eventually(async () => (await log('polite')) === 'up\n');
    const watcher = watch(sim, '/api/v1/namespaces/default/pods?watch=1&fieldSelector=metadata.name%3Dpolite');
    await watcher.next(({ type }) => type === 'ADDED');
    await call(sim, podPath('polite'), { method: 'DELETE' });
    const last = await watcher.next(({ type }) => type === 'DELETED');
    watcher.stop();
    expect(last.object.status.containerStatuses[0].state.terminated.exitCode).toBe(0);
  });

  test('every process of the container ends, also one that left session and parent', async () => {
    const created = await createPod(sim, {
      name: 'daemon',
      command: ['sh', '-c', 'setsid sh -c \'trap "" TERM HUP; (while :; do sleep 0.2; done) &\' ; echo up; sleep 60'],
    });
    const uid = str(created.body.metadata.uid);
    await eventually(async () => (await log('daemon')) === 'up\n');
    const cookie = await eventually(() => cookieOf(`/${uid}/main/0`));
    expect(findProcesses(cookie).length).toBeGreaterThan(1);
    await call(sim, podPath('daemon'), { method: 'DELETE', body: { gracePeriodSeconds: 1 } });
    await eventually(async () => (await call(sim, podPath('daemon'))).status === 404);
    expect(findProcesses(cookie)).toEqual([]);
  });

  test('a uid that is not the pod is a conflict', async () => {
    await createPod(sim, { name: 'mine', command: ['sleep', '60'] });
    const wrong = await call(sim, podPath('mine'), { method: 'DELETE', body: { preconditions: { uid: 'other' } } });
    expect(wrong).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    const forced = await call(sim, podPath('mine'), { method: 'DELETE', body: { gracePeriodSeconds: 0 } });
    expect(forced.status).toBe(200);
    expect((await call(sim, podPath('mine'))).status).toBe(404);
  });
});

describe('what a container is given', () => {
  test('fields, files, paths and tokens', async () => {
    await call(sim, '/api/v1/namespaces/default/configmaps', {
      body: { metadata: { name: 'conf' }, data: { a: '1', b: '2' } },
    });
    await createPod(sim, {
      name: 'given',
      metadata: { annotations: { 'x/spec': '{"a":"b"}' }, labels: { l: 'v' } },
      command: [
        'sh',
        '-c',
        'cat "$SPEC"; echo; echo "$NAME $NODE $FROM"; cat "$DIR/b"; echo; cat "$TOKENS/danube" | cut -c1-3; pwd; echo "$LIST"; ls "$DIR"',
      ],
      spec: {
        volumes: [
          {
            name: 'info',
            downwardAPI: { items: [{ path: 'job.json', fieldRef: { fieldPath: "metadata.annotations['x/spec']" } }] },
          },
          { name: 'conf', configMap: { name: 'conf', items: [{ key: 'b', path: 'b' }] } },
          { name: 'tokens', projected: { sources: [{ serviceAccountToken: { path: 'danube', audience: 'danube' } }] } },
          { name: 'work', emptyDir: {} },
        ],
      },
      container: {
        workingDir: '/workspace/sub',
        env: [
          { name: 'SPEC', value: '/etc/danube/job.json' },
          { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'FROM', valueFrom: { configMapKeyRef: { name: 'conf', key: 'a' } } },
          { name: 'DIR', value: '/conf' },
          { name: 'TOKENS', value: '/tokens' },
          { name: 'LIST', value: '/workspace:/workspaces' },
        ],
        volumeMounts: [
          { name: 'info', mountPath: '/etc/danube' },
          { name: 'conf', mountPath: '/conf' },
          { name: 'tokens', mountPath: '/tokens' },
          { name: 'work', mountPath: '/workspace' },
        ],
      },
    });
    await podInPhase(sim, 'given', 'Succeeded');
    const [spec, fields, b, jwt, cwd, list, ls] = (await log('given')).split('\n');
    expect([spec, fields, b, jwt, ls]).toEqual(['{"a":"b"}', 'given sim-node 1', '2', 'eyJ', 'b']);
    expect(cwd).toMatch(/volumes\/work\/sub$/);
    expect(list).toMatch(/volumes\/work:\/workspaces$/);
  });

  test('the service account token lets it talk to the API as itself', async () => {
    await createPod(sim, {
      name: 'self',
      command: ['sh', '-c', 'cat "$D/token"; echo; cat "$D/namespace"'],
      container: { env: [{ name: 'D', value: '/var/run/secrets/kubernetes.io/serviceaccount' }] },
    });
    await eventually(async () => (await log('self')).includes('default'));
    const [token = '', namespace] = (await log('self')).split('\n');
    expect(namespace).toBe('default');
    const review = await call(sim, '/apis/authentication.k8s.io/v1/selfsubjectreviews', { token, body: {} });
    expect(review.body.status.userInfo).toMatchObject({
      username: 'system:serviceaccount:default:default',
      extra: { 'authentication.kubernetes.io/pod-name': ['self'] },
    });
    await podInPhase(sim, 'self', 'Succeeded');
    await call(sim, podPath('self'), { method: 'DELETE' });
    expect((await call(sim, '/api/v1/pods', { token })).status).toBe(401); // bound to a pod that is gone
  });
});

test('namespaces: Active with a service account, and gone with all that is in them', async () => {
  const created = await call(sim, '/api/v1/namespaces', { body: { metadata: { name: 'team' } } });
  expect(created.body.status.phase).toBe('Active');
  expect((await call(sim, '/api/v1/namespaces/team/serviceaccounts/default')).status).toBe(200);
  const stubborn = ['sh', '-c', "trap '' TERM; echo up; while :; do sleep 0.1; done"];
  await call(sim, '/api/v1/namespaces/team/pods', { body: podBody({ name: 'p', command: stubborn }) });
  await eventually(async () => (await call(sim, '/api/v1/namespaces/team/pods/p/log')).text === 'up\n');
  const deleted = await call(sim, '/api/v1/namespaces/team', { method: 'DELETE' });
  expect(deleted.body.status.phase).toBe('Terminating');
  const refused = await call(sim, '/api/v1/namespaces/team/configmaps', { body: { metadata: { name: 'c' } } });
  expect(refused.body.details.causes[0].reason).toBe('NamespaceTerminating');
  await eventually(async () => (await call(sim, '/api/v1/namespaces/team')).status === 404);
  expect((await call(sim, '/api/v1/namespaces/team/pods')).body.items).toEqual([]);
});

test('closing ends every process and removes every file', async () => {
  const other = await startClusterSim();
  await createPod(other, { name: 'p', command: ['sh', '-c', 'setsid sleep 60 & sleep 60'] });
  await podInPhase(other, 'p', 'Running');
  const simulator = await eventually(() => simulatorOf(other.dataDir));
  await eventually(() => findProcesses(simulator).length >= 2);
  await other.close();
  expect(findProcesses(simulator)).toEqual([]);
  expect(existsSync(other.dataDir)).toBe(false);
});
