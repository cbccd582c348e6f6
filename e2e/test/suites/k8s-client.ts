import {
  and,
  type ConfigMap,
  exists,
  fieldConflicts,
  isAlreadyExists,
  isConflict,
  isDeleted,
  isGone,
  isInvalid,
  isNotFound,
  isPodFinished,
  isPodRunning,
  type KubeClient,
  LeaderElection,
  not,
  type Pod,
  type WatchEvent,
} from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';

/** What the suite needs of the cluster it runs on. */
export type ClientCluster = {
  readonly client: () => KubeClient;
  /** An image whose `sh` and `sleep` work. */
  readonly image: string;
};

/**
 * The contract of `@danube/k8s-client` on whatever cluster it is given: what it promises must hold on a real API
 * server, and the simulator has to agree with that.
 */
export const describeK8sClient = ({ client, image }: ClientCluster): void => {
  const namespace = `k8s-client-${randomUUID().slice(0, 8)}`;
  const unique = (prefix: string): string => `${prefix}-${randomUUID().slice(0, 8)}`;
  const pods = () => client().pods(namespace);
  const configMaps = () => client().configMaps(namespace);
  const configMap = (
    name: string,
    data: Record<string, string> = {},
    labels: Record<string, string> = {},
  ): ConfigMap => ({
    metadata: { name, labels },
    data,
  });
  const pod = (name: string, script: string): Pod => ({
    metadata: { name, labels: { suite: 'k8s-client' } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      containers: [{ name: 'main', image, command: ['/bin/sh', '-c', script] }],
    },
  });
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => 'no failure',
      (error: unknown) => error,
    );
  const collect = async (chunks: AsyncIterable<Buffer>): Promise<string> => {
    const all: Buffer[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return Buffer.concat(all).toString();
  };

  beforeAll(async () => {
    await client().namespaces().ensure(namespace);
  });
  afterAll(() => client().namespaces().deleteAndWait(namespace, { timeoutMs: 90_000 }), 100_000);

  it('says which server it talks to', async () => {
    expect((await client().version()).gitVersion).toMatch(/^v1\.\d+/);
  });

  describe('namespaces', () => {
    it('are ensured once and again, with labels added and none removed', async () => {
      const name = unique('k8s-client-ns');
      const first = await client()
        .namespaces()
        .ensure(name, { labels: { one: '1' } });
      const second = await client()
        .namespaces()
        .ensure(name, { labels: { two: '2' } });
      expect(second.metadata?.uid).toBe(first.metadata?.uid);
      expect(second.metadata?.labels).toMatchObject({ one: '1', two: '2' });
      await client().namespaces().deleteAndWait(name, { timeoutMs: 60_000 });
      expect(isNotFound(await failure(client().namespaces().get(name)))).toBe(true);
    }, 70_000);
  });

  describe('objects', () => {
    it('are created, read, listed by label and deleted', async () => {
      const name = unique('cm');
      const created = await configMaps().create(configMap(name, { a: '1' }, { run: name }));
      expect(created).toMatchObject({ kind: 'ConfigMap', metadata: { name, namespace }, data: { a: '1' } });
      expect((await configMaps().get(name)).metadata?.uid).toBe(created.metadata?.uid);
      const { items, resourceVersion } = await configMaps().list({ labelSelector: `run=${name}` });
      expect(items.map(({ kind, metadata }) => [kind, metadata?.name])).toEqual([['ConfigMap', name]]);
      expect(resourceVersion).toMatch(/^\d+$/);
      await configMaps().delete(name, { uid: created.metadata?.uid });
      expect(isNotFound(await failure(configMaps().get(name)))).toBe(true);
    });

    it('are named in the error when they do not exist', async () => {
      const error = await failure(configMaps().get('nothing-here'));
      expect(error).toMatchObject({
        code: 'NotFound',
        status: 404,
        reason: 'NotFound',
        details: { name: 'nothing-here', kind: 'configmaps' },
        request: `GET /api/v1/namespaces/${namespace}/configmaps/nothing-here`,
      });
      expect((error as { auditId?: string }).auditId).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('cannot be created twice, unless it is the same create', async () => {
      const name = unique('cm');
      const first = await configMaps().create(configMap(name), { createId: 'mine' });
      const again = await configMaps().create(configMap(name), { createId: 'mine' });
      expect(again.metadata?.uid).toBe(first.metadata?.uid);
      const other = await failure(configMaps().create(configMap(name), { createId: 'other' }));
      expect(other).toMatchObject({ code: 'NameConflict' });
      const plain = await failure(configMaps().create(configMap(name)));
      expect(plain).toMatchObject({ code: 'AlreadyExists', status: 409 });
      expect(isAlreadyExists(plain)).toBe(true);
    });

    it('get a name from the server when only a prefix is given', async () => {
      const created = await configMaps().create({ metadata: { generateName: 'gen-' } });
      expect(created.metadata?.name).toMatch(/^gen-.{5}$/);
    });

    it('are refused with the wrong field named', async () => {
      const bad = pod(unique('bad'), 'true');
      bad.spec!.containers[0]!.name = 'Not A Name';
      const error = await failure(pods().create(bad));
      expect(isInvalid(error)).toBe(true);
      expect(error).toMatchObject({ status: 422, details: { causes: [{ field: 'spec.containers[0].name' }] } });
    });

    it('are not replaced when they changed since they were read', async () => {
      const name = unique('cm');
      const read = await configMaps().create(configMap(name, { a: '1' }));
      await configMaps().replace({ ...read, data: { a: '2' } });
      const late = await failure(configMaps().replace({ ...read, data: { a: '3' } }));
      expect(isConflict(late)).toBe(true);
      expect((await configMaps().get(name)).data).toEqual({ a: '2' });
    });

    it('are patched in each of the three ways', async () => {
      const name = unique('cm');
      await configMaps().create(configMap(name, { a: '1', b: '1' }));
      await configMaps().patch(name, { data: { a: null, c: '1' } });
      await configMaps().patch(name, [{ op: 'replace', path: '/data/b', value: '2' }], { type: 'json' });
      const patched = await configMaps().patch(name, { metadata: { labels: { x: 'y' } } }, { type: 'strategic' });
      expect(patched.data).toEqual({ b: '2', c: '1' });
      expect(patched.metadata?.labels).toMatchObject({ x: 'y' });
    });

    it('are not deleted under another uid', async () => {
      const name = unique('cm');
      await configMaps().create(configMap(name));
      const error = await failure(configMaps().delete(name, { uid: randomUUID() }));
      expect(isConflict(error)).toBe(true);
      expect((await configMaps().get(name)).metadata?.name).toBe(name);
    });

    it('are not stored by a dry run', async () => {
      const name = unique('cm');
      expect((await configMaps().create(configMap(name), { dryRun: true })).metadata?.uid).toBeDefined();
      expect(isNotFound(await failure(configMaps().get(name)))).toBe(true);
    });

    it('are listed page by page, each once', async () => {
      const run = unique('page');
      for (let i = 0; i < 5; i += 1) await configMaps().create(configMap(`${run}-${i}`, {}, { run }));
      const found: (string | undefined)[] = [];
      let pages = 0;
      let next: string | undefined;
      do {
        const page = await configMaps().list({ labelSelector: `run=${run}`, limit: 2, continue: next });
        found.push(...page.items.map(({ metadata }) => metadata?.name));
        next = page.continue;
        pages += 1;
      } while (next !== undefined);
      expect(pages).toBe(3);
      expect(found).toEqual([0, 1, 2, 3, 4].map((i) => `${run}-${i}`));
    });
  });

  describe('many objects', () => {
    it('are read one after the other, and deleted by selector', async () => {
      const run = unique('many');
      for (let i = 0; i < 5; i += 1) await configMaps().create(configMap(`${run}-${i}`, {}, { run }));
      const names: (string | undefined)[] = [];
      for await (const { metadata } of configMaps().listAll({ labelSelector: `run=${run}`, limit: 2 })) {
        names.push(metadata?.name);
      }
      expect(names).toEqual([0, 1, 2, 3, 4].map((i) => `${run}-${i}`));
      await configMaps().deleteCollection({ labelSelector: `run=${run}` });
      expect((await configMaps().list({ labelSelector: `run=${run}` })).items).toEqual([]);
    });
  });

  describe('server-side apply', () => {
    it('owns its fields, and names the owner of those it may not take', async () => {
      const name = unique('ssa');
      const apply = (fieldManager: string, data: Record<string, string>, force = false) =>
        configMaps().apply({ metadata: { name }, data }, { fieldManager, force });
      await apply('one', { a: '1' });
      await apply('two', { b: '1' });
      const error = await failure(apply('two', { a: '2', b: '1' }));
      expect(fieldConflicts(error)).toEqual([{ field: '.data.a', manager: 'one' }]);
      await apply('two', { a: '2' }, true);
      expect((await configMaps().get(name)).data).toEqual({ a: '2' });
    });
  });

  describe('identity', () => {
    it('is told, and what it may do', async () => {
      expect((await client().whoAmI()).username).toMatch(/./);
      expect(await client().canI({ verb: 'create', resource: 'pods', namespace })).toBe(true);
    });

    it('of a service account is a token for an audience', async () => {
      await client()
        .serviceAccounts(namespace)
        .create({ metadata: { name: 'robot' } });
      const audiences = ['someone'];
      const { token, expiresAt } = await client().serviceAccounts(namespace).createToken('robot', { audiences });
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
      expect(claims).toMatchObject({ aud: audiences, sub: `system:serviceaccount:${namespace}:robot` });
      expect(expiresAt.getTime()).toBeGreaterThan(Date.now());
    });
  });

  describe('an informer', () => {
    it('follows the server', async () => {
      const run = unique('inf');
      await configMaps().create(configMap(`${run}-a`, { n: '1' }, { run }));
      await using informer = configMaps().informer({
        labelSelector: `run=${run}`,
        project: ({ data }) => data?.['n'],
      });
      const changes: string[] = [];
      informer.subscribe(({ type, key }) => changes.push(`${type} ${key}`));
      await informer.start().synced;
      await configMaps().create(configMap(`${run}-b`, { n: '2' }, { run }));
      await configMaps().patch(`${run}-a`, { data: { n: '3' } });
      await configMaps().delete(`${run}-b`);
      while (changes.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
      const key = (name: string) => `${namespace}/${run}-${name}`;
      expect(changes).toEqual([`added ${key('a')}`, `added ${key('b')}`, `updated ${key('a')}`, `deleted ${key('b')}`]);
      expect([...informer.store.values()]).toEqual(['3']);
    });
  });

  describe('leader election', () => {
    it('lets one lead after the other', async () => {
      const name = unique('lead');
      const terms: string[] = [];
      const times = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 50 };
      const stand = (identity: string) =>
        new LeaderElection(client().leases(namespace), { name, identity, ...times }).run(async () => {
          terms.push(`${identity} begins`);
          await new Promise((resolve) => setTimeout(resolve, 100));
          terms.push(`${identity} ends`);
        });
      await Promise.all([stand('x'), stand('y')]);
      const order = terms[0]?.startsWith('x') === true ? ['x', 'y'] : ['y', 'x'];
      expect(terms).toEqual(order.flatMap((identity) => [`${identity} begins`, `${identity} ends`]));
    });
  });

  describe('a watch', () => {
    it('tells every change after a list, in order, and ends with its signal', async () => {
      const run = unique('watch');
      const { resourceVersion } = await configMaps().list();
      const stop = new AbortController();
      const seen: string[] = [];
      const watching = (async () => {
        const events: AsyncIterable<WatchEvent<ConfigMap>> = configMaps().watch({
          labelSelector: `run=${run}`,
          resourceVersion,
          signal: stop.signal,
        });
        for await (const { type, object } of events) {
          if (type !== 'BOOKMARK') seen.push(`${type} ${object.data?.['n'] ?? ''}`);
          if (type === 'DELETED') stop.abort();
        }
      })();
      await configMaps().create(configMap(run, { n: '1' }, { run }));
      await configMaps().create(configMap(`${run}-other`, { n: 'other' }));
      await configMaps().patch(run, { data: { n: '2' } });
      await configMaps().delete(run);
      await watching;
      expect(seen).toEqual(['ADDED 1', 'MODIFIED 2', 'DELETED 2']);
    });

    it('starts with what is there when it has no version', async () => {
      const run = unique('watch');
      await configMaps().create(configMap(run, {}, { run }));
      for await (const { type, object } of configMaps().watch({ labelSelector: `run=${run}` })) {
        expect([type, object.metadata?.name]).toEqual(['ADDED', run]);
        break;
      }
    });

    it('says that its version is gone, so that one lists again', async () => {
      const watching = (async () => {
        for await (const event of configMaps().watch({ resourceVersion: '1' })) return event;
        return 'no event';
      })();
      expect(isGone(await failure(watching))).toBe(true);
    });
  });

  describe('pods', () => {
    it('run, are waited for, show their log and are gone after deletion', async () => {
      const name = unique('pod');
      const created = await pods().create(pod(name, 'echo one; echo two >&2; sleep 0.2; echo three; sleep 60'));
      const uid = created.metadata?.uid;
      await pods().waitFor(name, isPodRunning, { timeoutMs: 60_000 });
      let log = '';
      for await (const chunk of pods().logs(name, { follow: true })) {
        log += chunk.toString();
        if (log.includes('three\n')) break;
      }
      expect(log.trim().split('\n').toSorted()).toEqual(['one', 'three', 'two']);
      expect(await collect(pods().logs(name, { tailLines: 1 }))).toBe('three\n');
      await pods().delete(name, { uid, gracePeriodSeconds: 1 });
      await pods().waitFor(name, isDeleted(uid), { timeoutMs: 60_000 });
      expect(isNotFound(await failure(pods().get(name)))).toBe(true);
    }, 90_000);

    it('tell their exit code when they are finished', async () => {
      const name = unique('pod');
      await pods().create(pod(name, 'exit 7'));
      const finished = await pods().waitFor(name, isPodFinished, { timeoutMs: 60_000 });
      expect(finished?.status).toMatchObject({
        phase: 'Failed',
        containerStatuses: [{ name: 'main', state: { terminated: { exitCode: 7 } } }],
      });
    }, 70_000);

    it('are selected by their phase', async () => {
      const name = unique('pod');
      await pods().create(pod(name, 'true'));
      await pods().waitFor(name, isPodFinished, { timeoutMs: 60_000 });
      const { items } = await pods().list({ fieldSelector: `metadata.name=${name},status.phase=Succeeded` });
      expect(items.map(({ metadata }) => metadata?.name)).toEqual([name]);
    }, 70_000);
  });

  describe('a wait', () => {
    it('takes conditions that are combined', async () => {
      const name = unique('cm');
      const waiting = configMaps().waitFor(name, and(exists, not(isDeleted())), { timeoutMs: 10_000 });
      await configMaps().create(configMap(name, { a: '1' }));
      expect((await waiting)?.data).toEqual({ a: '1' });
    });

    it('says how the object looked last when the time runs out', async () => {
      const name = unique('cm');
      const error = await failure(configMaps().waitFor(name, exists, { timeoutMs: 300 }));
      expect(error).toMatchObject({ code: 'Timeout', phase: 'wait', timeoutMs: 300 });
      expect((error as Error).message).toContain('it does not exist');
    });

    it('takes an object made anew under the same name for a deletion of the old one', async () => {
      const name = unique('cm');
      const uid = (await configMaps().create(configMap(name))).metadata?.uid;
      const waiting = configMaps().waitFor(name, isDeleted(uid), { timeoutMs: 10_000 });
      await configMaps().delete(name);
      const anew = await configMaps().create(configMap(name));
      expect(anew.metadata?.uid).not.toBe(uid);
      const found = await waiting;
      expect([undefined, anew.metadata?.uid]).toContain(found?.metadata?.uid);
    });
  });
};
