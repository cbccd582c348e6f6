import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startClusterSim, type ClusterSim } from '../src/index.ts';
import { call, eventually, namesOf, str, watch, type Call } from './support/api.ts';

let sim: ClusterSim;
beforeAll(async () => {
  sim = await startClusterSim({ bookmarkIntervalMs: 50, historyLimit: 100 });
});
afterAll(() => sim.close());

const maps = '/api/v1/namespaces/default/configmaps';
const create = (name: string, more: object = {}) =>
  call(sim, maps, { body: { metadata: { name, ...more }, data: { a: '1' } } });
const patch = (path: string, contentType: string, body: unknown) =>
  call(sim, path, { method: 'PATCH', contentType, body });

describe('failures are Status objects', () => {
  const table: { name: string; path: string; init?: Call; status: number; reason: string; message: RegExp }[] = [
    {
      name: 'an object that is not there',
      path: `${maps}/none`,
      status: 404,
      reason: 'NotFound',
      message: /^configmaps "none" not found$/,
    },
    {
      name: 'a kind that is not there',
      path: '/api/v1/things',
      status: 404,
      reason: 'NotFound',
      message: /could not find the requested resource/,
    },
    {
      name: 'a namespace that is not there',
      path: '/api/v1/namespaces/none/configmaps',
      init: { body: { metadata: { name: 'x' } } },
      status: 404,
      reason: 'NotFound',
      message: /^namespaces "none" not found$/,
    },
    {
      name: 'a body that is no JSON object',
      path: maps,
      init: { body: 'text' },
      status: 400,
      reason: 'BadRequest',
      message: /missing/,
    },
    {
      name: 'a body of another kind',
      path: maps,
      init: { body: { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'x' } } },
      status: 400,
      reason: 'BadRequest',
      message: /cannot be handled as a ConfigMap/,
    },
    {
      name: 'a name that is not valid',
      path: maps,
      init: { body: { metadata: { name: 'Not Valid' } } },
      status: 422,
      reason: 'Invalid',
      message: /^ConfigMap "Not Valid" is invalid: metadata.name/,
    },
    {
      name: 'a label that is not valid',
      path: maps,
      init: { body: { metadata: { name: 'x', labels: { a: '-' } } } },
      status: 422,
      reason: 'Invalid',
      message: /metadata.labels/,
    },
    {
      name: 'a wrong token',
      path: maps,
      init: { token: 'wrong' },
      status: 401,
      reason: 'Unauthorized',
      message: /^Unauthorized$/,
    },
    {
      name: 'no token',
      path: maps,
      init: { token: undefined },
      status: 403,
      reason: 'Forbidden',
      message: /system:anonymous/,
    },
    {
      name: 'an unknown field selector',
      path: `${maps}?fieldSelector=data.a%3D1`,
      status: 400,
      reason: 'BadRequest',
      message: /field label not supported: data.a/,
    },
    {
      name: 'a resourceVersion from the future',
      path: `${maps}?resourceVersion=99999999`,
      status: 504,
      reason: 'Timeout',
      message: /Too large resource version/,
    },
    {
      name: 'exec without upgrade',
      path: '/api/v1/namespaces/default/pods/x/exec?command=a',
      init: { method: 'POST' },
      status: 400,
      reason: 'BadRequest',
      message: /Upgrade request required/,
    },
    {
      name: 'a method that is not there',
      path: maps,
      init: { method: 'PUT', body: { metadata: { name: 'x' } } },
      status: 405,
      reason: 'MethodNotAllowed',
      message: /does not allow this method/,
    },
    {
      name: 'an unknown patch type',
      path: `${maps}/kube-root-ca.crt`,
      init: { method: 'PATCH', contentType: 'text/plain', body: {} },
      status: 415,
      reason: 'UnsupportedMediaType',
      message: /accepted media types/,
    },
  ];
  test.each(table)('$name', async ({ path, init, status, reason, message }) => {
    const answer = await call(sim, path, init);
    expect(answer.body).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason,
      code: status,
      message: expect.stringMatching(message),
    });
    expect(answer.status).toBe(status);
  });

  test('a name that is taken', async () => {
    await create('taken');
    expect((await create('taken')).body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      details: { name: 'taken', kind: 'configmaps' },
    });
  });
});

describe('writing', () => {
  test('generateName makes different names', async () => {
    const [a, b] = await Promise.all(
      ['', ''].map(() => call(sim, maps, { body: { metadata: { generateName: 'gen-' } } })),
    );
    expect(a?.body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
    expect(a?.body.metadata.name).not.toBe(b?.body.metadata.name);
  });

  test('an update at an old resourceVersion is a conflict; fields that the kind does not have are not stored', async () => {
    const { body: first } = await call(sim, maps, { body: { metadata: { name: 'versions' }, brandNew: { x: 1 } } });
    const second = await call(sim, `${maps}/versions`, {
      method: 'PUT',
      body: Object.assign({}, first, { data: { a: '2' } }),
    });
    expect(second.body).toMatchObject({ data: { a: '2' } });
    expect(second.body).not.toHaveProperty('brandNew');
    const stale = await call(sim, `${maps}/versions`, {
      method: 'PUT',
      body: Object.assign({}, first, { data: { a: '3' } }),
    });
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' });
    const same = await call(sim, `${maps}/versions`, { method: 'PUT', body: second.body });
    expect(same.body.metadata.resourceVersion).toBe(second.body.metadata.resourceVersion);
  });

  test('merge, JSON and strategic patches', async () => {
    await create('patched', { labels: { keep: 'k', drop: 'd' } });
    const path = `${maps}/patched`;
    const merged = await patch(path, 'application/merge-patch+json', {
      metadata: { labels: { drop: null, add: 'x' } },
    });
    expect(merged.body.metadata.labels).toEqual({ keep: 'k', add: 'x' });
    const edited = await patch(path, 'application/json-patch+json', [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'add', path: '/data/b~1c', value: '2' },
      { op: 'move', from: '/data/a', path: '/data/z' },
    ]);
    expect(edited.body.data).toEqual({ 'b/c': '2', z: '1' });
    const failed = await patch(path, 'application/json-patch+json', [{ op: 'test', path: '/data/z', value: 'no' }]);
    expect(failed.status).toBe(422);
    const conflict = await patch(path, 'application/merge-patch+json', { metadata: { resourceVersion: '1' } });
    expect(conflict.status).toBe(409);
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    const containers = [
      { name: 'a', image: 'x:1' },
      { name: 'b', image: 'y:1' },
    ];
    await call(sim, deployments, { body: { metadata: { name: 'd' }, spec: { template: { spec: { containers } } } } });
    const strategic = await patch(`${deployments}/d`, 'application/strategic-merge-patch+json', {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'b', image: 'y:2' },
              { name: 'a', $patch: 'delete' },
            ],
          },
        },
      },
    });
    expect(strategic.body.spec.template.spec.containers).toEqual([{ name: 'b', image: 'y:2' }]);
    expect(strategic.body.metadata.generation).toBe(2);
  });

  test('status is written apart', async () => {
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    await call(sim, deployments, { body: { metadata: { name: 's' }, spec: { replicas: 1 }, status: { replicas: 9 } } });
    await patch(`${deployments}/s`, 'application/merge-patch+json', { spec: { replicas: 2 }, status: { replicas: 7 } });
    const written = await patch(`${deployments}/s/status`, 'application/merge-patch+json', {
      spec: { replicas: 5 },
      status: { replicas: 2 },
    });
    expect(written.body).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 2 } });
  });

  test('a dry run answers and stores nothing', async () => {
    const answer = await call(sim, `${maps}?dryRun=All`, { body: { metadata: { name: 'dry' } } });
    expect(answer.status).toBe(201);
    expect((await call(sim, `${maps}/dry`)).status).toBe(404);
  });

  test('finalizers hold an object until they are gone', async () => {
    await create('held', { finalizers: ['x/hold'] });
    const deleted = await call(sim, `${maps}/held`, { method: 'DELETE' });
    expect(deleted.body.metadata.deletionTimestamp).toBeDefined();
    expect((await call(sim, `${maps}/held`)).status).toBe(200);
    await patch(`${maps}/held`, 'application/merge-patch+json', { metadata: { finalizers: null } });
    expect((await call(sim, `${maps}/held`)).status).toBe(404);
  });

  test('what is owned goes with its owner', async () => {
    const { body: owner } = await create('owner');
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }];
    await create('owned', { ownerReferences });
    const gone = await call(sim, `${maps}/owner`, { method: 'DELETE' });
    expect(gone.body).toMatchObject({ kind: 'Status', status: 'Success', details: { uid: owner.metadata.uid } });
    await eventually(async () => (await call(sim, `${maps}/owned`)).status === 404);
  });

  test('foreground: the owner stays until what it owns is gone; orphan: what it owned stays', async () => {
    const ownedBy = async (owner: string, name: string) => {
      const { body } = await create(owner);
      const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: body.metadata.uid };
      await create(name, { ownerReferences: [reference], finalizers: ['x/hold'] });
    };
    await ownedBy('front', 'front-owned');
    await call(sim, `${maps}/front`, { method: 'DELETE', body: { propagationPolicy: 'Foreground' } });
    expect((await call(sim, `${maps}/front`)).body.metadata.finalizers).toEqual(['foregroundDeletion']);
    expect((await call(sim, `${maps}/front-owned`)).body.metadata.deletionTimestamp).toBeDefined();
    await patch(`${maps}/front-owned`, 'application/merge-patch+json', { metadata: { finalizers: [] } });
    expect((await call(sim, `${maps}/front`)).status).toBe(404);
    await ownedBy('parent', 'orphan');
    await call(sim, `${maps}/parent?propagationPolicy=Orphan`, { method: 'DELETE' });
    const { body } = await call(sim, `${maps}/orphan`);
    expect(body.metadata).toMatchObject({ name: 'orphan' });
    expect(body.metadata).not.toHaveProperty('ownerReferences');
    expect(body.metadata.deletionTimestamp).toBeUndefined();
  });

  test('deleting a collection respects the selector', async () => {
    await create('c1', { labels: { set: 'c' } });
    await create('c2', { labels: { set: 'c' } });
    await create('c3', { labels: { set: 'd' } });
    const removed = await call(sim, `${maps}?labelSelector=set%3Dc`, { method: 'DELETE' });
    expect(removed.body.items).toHaveLength(2);
    expect((await call(sim, `${maps}?labelSelector=set%20in%20(c,d)`)).body.items).toHaveLength(1);
  });
});

describe('lists', () => {
  test('pages show one state, whatever happens meanwhile; an old token is 410 with a new one', async () => {
    await call(sim, '/api/v1/namespaces', { body: { metadata: { name: 'pages' } } });
    const path = '/api/v1/namespaces/pages/secrets';
    for (const name of ['a', 'b', 'c', 'd', 'e']) await call(sim, path, { body: { metadata: { name } } });
    const first = await call(sim, `${path}?limit=2`);
    expect(first.body.metadata).toMatchObject({ remainingItemCount: 3 });
    await call(sim, `${path}/d`, { method: 'DELETE' });
    await call(sim, path, { body: { metadata: { name: 'c1' } } });
    const token = encodeURIComponent(str(first.body.metadata.continue));
    const rest = await call(sim, `${path}?limit=10&continue=${token}`);
    expect(namesOf(rest.body)).toEqual(['c', 'd', 'e']);
    expect(rest.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    for (let i = 0; i < 150; i += 1)
      await call(sim, `${maps}/kube-root-ca.crt`, {
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        body: { data: { i: String(i) } },
      });
    const old = await call(sim, `${path}?limit=10&continue=${token}`);
    expect(old.body).toMatchObject({ code: 410, reason: 'Expired' });
    const anew = await call(sim, `${path}?continue=${encodeURIComponent(str(old.body.metadata.continue))}`);
    expect(namesOf(anew.body)).toEqual(['c', 'c1', 'e']);
  });

  test('metadata alone, and tables', async () => {
    const partial = await call(sim, maps, {
      headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' },
    });
    expect(partial.body.kind).toBe('PartialObjectMetadataList');
    expect(partial.body.items[0]).not.toHaveProperty('data');
    const table = await call(sim, '/api/v1/nodes', {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    expect(table.body.rows[0].cells.slice(0, 2)).toEqual(['sim-node', 'Ready']);
  });
});

describe('watches', () => {
  test('resume after a resourceVersion without a gap', async () => {
    const { body } = await create('w1');
    const revision = str(body.metadata.resourceVersion);
    await create('w2', { labels: { w: '1' } });
    const watcher = watch(sim, `${maps}?watch=1&resourceVersion=${revision}`);
    await watcher.next(({ object }) => str(object.metadata.name) === 'w2');
    await call(sim, `${maps}/w2`, { method: 'DELETE' });
    await watcher.next(({ type }) => type === 'DELETED');
    watcher.stop();
    expect(watcher.events.map(({ type, object }) => `${type} ${str(object.metadata.name)}`)).toEqual([
      'ADDED w2',
      'DELETED w2',
    ]);
  });

  test('an object that leaves the selection is DELETED, one that enters is ADDED', async () => {
    const watcher = watch(sim, `${maps}?watch=1&labelSelector=in%3Dyes&resourceVersion=0`);
    await create('moves', { labels: { in: 'no' } });
    await patch(`${maps}/moves`, 'application/merge-patch+json', { metadata: { labels: { in: 'yes' } } });
    await patch(`${maps}/moves`, 'application/merge-patch+json', { metadata: { labels: { in: 'no' } } });
    const last = await watcher.next(({ type }) => type === 'DELETED');
    watcher.stop();
    expect(watcher.events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
    expect(last.object.metadata.labels).toEqual({ in: 'yes' });
  });

  test('bookmarks come while it is quiet and carry the current resourceVersion', async () => {
    const watcher = watch(sim, `/api/v1/namespaces/default/secrets?watch=1&allowWatchBookmarks=true`);
    const { body } = await create('elsewhere');
    const mark = await watcher.next(
      ({ type, object }) =>
        type === 'BOOKMARK' && Number(object.metadata.resourceVersion) >= Number(body.metadata.resourceVersion),
    );
    watcher.stop();
    expect(mark.object).toMatchObject({ kind: 'Secret', apiVersion: 'v1' });
  });

  test('a resourceVersion that is too old is an ERROR event with 410', async () => {
    for (let i = 0; i < 150; i += 1)
      await patch(`${maps}/kube-root-ca.crt`, 'application/merge-patch+json', { data: { i: `x${i}` } });
    const watcher = watch(sim, `${maps}?watch=1&resourceVersion=5`);
    const error = await watcher.next(({ type }) => type === 'ERROR');
    await watcher.ended;
    expect(error.object).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
  });

  test('WatchList: the present state, then a bookmark that says so, then changes', async () => {
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watcher = watch(sim, `/api/v1/namespaces?${query}`);
    const mark = await watcher.next(({ type }) => type === 'BOOKMARK');
    expect(mark.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    expect(watcher.events.slice(0, watcher.events.indexOf(mark)).every(({ type }) => type === 'ADDED')).toBe(true);
    watcher.stop();
  });

  test('timeoutSeconds ends it', async () => {
    const watcher = watch(sim, `${maps}?watch=1&timeoutSeconds=1`);
    await watcher.ended;
    expect(watcher.events.length).toBeGreaterThan(0);
  });
});

describe('questions', () => {
  test('a token review tells the pod and refuses another audience', async () => {
    await call(sim, '/api/v1/namespaces/default/pods', {
      body: { metadata: { name: 'asker' }, spec: { containers: [{ name: 'a', image: 'x:1' }] } },
    });
    const request = {
      spec: { audiences: ['danube'], boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'asker' } },
    };
    const { body } = await call(sim, '/api/v1/namespaces/default/serviceaccounts/default/token', { body: request });
    const review = (audiences: string[]) =>
      call(sim, '/apis/authentication.k8s.io/v1/tokenreviews', {
        body: { spec: { token: str(body.status.token), audiences } },
      });
    const good = await review(['danube']);
    expect(good.body.status).toMatchObject({
      authenticated: true,
      audiences: ['danube'],
      user: {
        username: 'system:serviceaccount:default:default',
        extra: { 'authentication.kubernetes.io/pod-name': ['asker'] },
      },
    });
    expect((await review(['other'])).body.status.authenticated).toBeUndefined();
    expect((await call(sim, maps, { token: str(body.status.token) })).status).toBe(401);
  });

  test('health, version, discovery', async () => {
    expect((await call(sim, '/readyz', { token: undefined })).text).toBe('ok');
    expect((await call(sim, '/version', { token: undefined })).body.gitVersion).toMatch(/^v1\./);
    expect((await call(sim, '/api/v1')).body.resources).toContainEqual(expect.objectContaining({ name: 'pods/exec' }));
    expect((await call(sim, '/apis')).body.groups.map(({ name }) => str(name))).toContain('coordination.k8s.io');
    expect((await call(sim, '/apis/apps')).body.preferredVersion).toEqual({ groupVersion: 'apps/v1', version: 'v1' });
  });
});
