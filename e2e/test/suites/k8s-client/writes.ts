import {
  exists,
  fieldConflicts,
  hasCondition,
  isAlreadyExists,
  isConflict,
  isDeleted,
  isNotFound,
  isPodRunning,
  type KubeObject,
} from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { configMap, failure, IDLE, shellPod, unique, type Workplace } from './workplace.ts';

/** How objects come to be and change. */
export const describeWrites = ({ client, namespace, image }: Workplace): void => {
  const configMaps = () => client().configMaps(namespace);

  describe('a create', () => {
    it('cannot be done twice, unless it is the same create', async () => {
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

    it('gets a name from the server when only a prefix is given', async () => {
      const created = await configMaps().create({ metadata: { generateName: 'gen-' } });
      expect(created.metadata?.name).toMatch(/^gen-.{5}$/);
    });

    it('is not stored by a dry run', async () => {
      const name = unique('cm');
      expect((await configMaps().create(configMap(name), { dryRun: true })).metadata?.uid).toBeDefined();
      expect(isNotFound(await failure(configMaps().get(name)))).toBe(true);
    });

    it('names its field manager', async () => {
      const name = unique('cm');
      const created = await configMaps().create(configMap(name, { a: '1' }), { fieldManager: 'the-suite' });
      expect(created.metadata?.managedFields).toEqual([
        expect.objectContaining({
          manager: 'the-suite',
          operation: 'Update',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
        }),
      ]);
    });
  });

  describe('a replace', () => {
    it('is refused when the object changed since it was read', async () => {
      const name = unique('cm');
      const read = await configMaps().create(configMap(name, { a: '1' }));
      await configMaps().replace({ ...read, data: { a: '2' } });
      const late = await failure(configMaps().replace({ ...read, data: { a: '3' } }));
      expect(isConflict(late)).toBe(true);
      expect((await configMaps().get(name)).data).toEqual({ a: '2' });
    });

    it('without a version takes whatever is there, and removes what it does not name', async () => {
      const name = unique('cm');
      await configMaps().create(configMap(name, { a: '1' }, { old: 'yes' }));
      const replaced = await configMaps().replace({ metadata: { name }, data: { b: '2' } });
      expect(replaced).toMatchObject({ data: { b: '2' } });
      expect(replaced.metadata?.labels).toBeUndefined();
    });

    it('that changes nothing makes no new version', async () => {
      const name = unique('cm');
      const read = await configMaps().create(configMap(name, { a: '1' }));
      expect((await configMaps().replace(read)).metadata?.resourceVersion).toBe(read.metadata?.resourceVersion);
    });

    it('of an object that does not exist is refused', async () => {
      expect(isNotFound(await failure(configMaps().replace(configMap(unique('none')))))).toBe(true);
    });
  });

  describe('a patch', () => {
    it('is done in each of the three ways', async () => {
      const name = unique('cm');
      await configMaps().create(configMap(name, { a: '1', b: '1' }));
      await configMaps().patch(name, { data: { a: null, c: '1' } });
      await configMaps().patch(name, [{ op: 'replace', path: '/data/b', value: '2' }], { type: 'json' });
      const patched = await configMaps().patch(name, { metadata: { labels: { x: 'y' } } }, { type: 'strategic' });
      expect(patched.data).toEqual({ b: '2', c: '1' });
      expect(patched.metadata?.labels).toMatchObject({ x: 'y' });
    });

    it('of the strategic kind merges lists by their keys, where a merge replaces them', async () => {
      const accounts = client().serviceAccounts(namespace);
      const name = unique('sa');
      await accounts.create({ metadata: { name }, secrets: [{ name: 'one' }], imagePullSecrets: [{ name: 'a' }] });
      const merged = await accounts.patch(name, { secrets: [{ name: 'two' }] }, { type: 'strategic' });
      expect(merged.secrets?.map((secret) => secret.name).toSorted()).toEqual(['one', 'two']);
      const removed = await accounts.patch(
        name,
        { secrets: [{ name: 'one', $patch: 'delete' }] },
        { type: 'strategic' },
      );
      expect(removed.secrets).toEqual([{ name: 'two' }]);
      expect((await accounts.patch(name, { secrets: [{ name: 'three' }] })).secrets).toEqual([{ name: 'three' }]);
      expect((await accounts.get(name)).imagePullSecrets).toEqual([{ name: 'a' }]);
    });

    it('of the JSON kind is refused when its test fails, and changes nothing', async () => {
      const name = unique('cm');
      await configMaps().create(configMap(name, { a: '1' }));
      const operations = [
        { op: 'test', path: '/data/a', value: 'not this' },
        { op: 'replace', path: '/data/a', value: '2' },
      ];
      expect(await failure(configMaps().patch(name, operations, { type: 'json' }))).toMatchObject({ status: 422 });
      expect((await configMaps().get(name)).data).toEqual({ a: '1' });
    });

    it('with a version is refused when the object changed meanwhile', async () => {
      const name = unique('cm');
      const { metadata } = await configMaps().create(configMap(name, { a: '1' }));
      await configMaps().patch(name, { data: { a: '2' } });
      const { resourceVersion } = metadata!;
      const late = await failure(configMaps().patch(name, { metadata: { resourceVersion }, data: { a: '3' } }));
      expect(isConflict(late)).toBe(true);
    });
  });

  describe('a server-side apply', () => {
    const apply = (fieldManager: string, name: string, data: Record<string, string>) =>
      configMaps().apply({ metadata: { name }, data }, { fieldManager });

    it('owns its fields, and names the owner of those it may not take', async () => {
      const name = unique('ssa');
      await apply('one', name, { a: '1' });
      await apply('two', name, { b: '1' });
      const error = await failure(apply('two', name, { a: '2', b: '1' }));
      expect(isConflict(error)).toBe(true);
      expect(fieldConflicts(error)).toEqual([{ field: '.data.a', manager: 'one' }]);
      expect((error as Error).message).toContain('Apply failed with 1 conflict: conflict with "one": .data.a');
      await configMaps().apply({ metadata: { name }, data: { a: '2' } }, { fieldManager: 'two', force: true });
      expect((await configMaps().get(name)).data).toEqual({ a: '2' });
    });

    it('names every field in conflict', async () => {
      const name = unique('ssa');
      await apply('one', name, { a: '1', b: '1', c: '1' });
      const error = await failure(apply('two', name, { a: '2', b: '2', c: '1' }));
      expect(fieldConflicts(error)).toEqual([
        { field: '.data.a', manager: 'one' },
        { field: '.data.b', manager: 'one' },
      ]);
    });

    it('shares a field on whose value two agree, and removes it when the last lets it go', async () => {
      const name = unique('ssa');
      await apply('one', name, { shared: '1', own: '1' });
      await apply('two', name, { shared: '1' });
      expect((await apply('one', name, {})).data).toEqual({ shared: '1' });
      expect((await apply('two', name, {})).data ?? {}).toEqual({});
    });

    it('is in conflict with an ordinary write of the same field', async () => {
      const name = unique('ssa');
      await apply('one', name, { a: '1' });
      await configMaps().patch(name, { data: { a: '2' } }, { fieldManager: 'hand' });
      const error = await failure(apply('one', name, { a: '1' }));
      expect(fieldConflicts(error)).toEqual([{ field: '.data.a', manager: 'hand' }]);
      expect((error as Error).message).toContain('conflict with "hand" using v1: .data.a');
    });

    it('that changes nothing makes no new version', async () => {
      const name = unique('ssa');
      const first = await apply('one', name, { a: '1', b: '1' });
      const again = await apply('one', name, { b: '1', a: '1' });
      expect(again.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
      expect((await apply('one', name, { a: '1' })).metadata?.resourceVersion).not.toBe(
        first.metadata?.resourceVersion,
      );
    });

    it('merges lists by their keys', async () => {
      const pods = client().pods(namespace);
      const name = unique('ssa');
      const env = (key: string) => [{ name: key, value: '1' }];
      const container = (key: string) => ({ name: 'main', image, command: ['/bin/sh', '-c', IDLE], env: env(key) });
      const spec = (key: string) => ({ terminationGracePeriodSeconds: 0, containers: [container(key)] });
      await pods.apply({ metadata: { name, labels: { one: '1' } }, spec: spec('A') }, { fieldManager: 'one' });
      const both = await pods.apply({ metadata: { name, labels: { two: '2' } } }, { fieldManager: 'two' });
      expect(both.metadata?.labels).toEqual({ one: '1', two: '2' });
      expect(both.spec?.containers).toEqual([expect.objectContaining({ name: 'main', env: env('A') })]);
      await pods.delete(name, { gracePeriodSeconds: 0 });
    });

    it('creates nothing in a dry run', async () => {
      const name = unique('ssa');
      await configMaps().apply({ metadata: { name }, data: { a: '1' } }, { fieldManager: 'one', dryRun: true });
      expect(isNotFound(await failure(configMaps().get(name)))).toBe(true);
    });
  });

  describe('an update', () => {
    it('loses nothing when many do it at once', async () => {
      const name = unique('counter');
      await configMaps().create(configMap(name, { n: '0' }));
      const increment = () =>
        configMaps().update(name, (object) => {
          object.data = { ...object.data, n: String(Number(object.data?.['n']) + 1) };
        });
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, increment));
      const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(isConflict(outcome.reason)).toBe(true);
      }
      // Whoever was told that it is done, is counted; whoever was told that it is not, is not.
      expect(done).toBeGreaterThan(0);
      expect((await configMaps().get(name)).data).toEqual({ n: String(done) });
    });

    it('that changes nothing writes nothing', async () => {
      const name = unique('cm');
      const { metadata } = await configMaps().create(configMap(name));
      const updated = await configMaps().update(name, () => undefined);
      expect(updated.metadata?.resourceVersion).toBe(metadata?.resourceVersion);
    });
  });

  describe('subresources', () => {
    it('a status is written apart from the rest', async () => {
      const pods = client().pods(namespace);
      const name = unique('status');
      await pods.create(shellPod(image, name, IDLE));
      await pods.waitFor(name, isPodRunning, { timeoutMs: 60_000 });
      const type = 'danube.dev/tried';
      await pods.patch(
        name,
        { status: { conditions: [{ type, status: 'True' }] }, metadata: { labels: { suite: 'k8s-client' } } },
        { type: 'strategic', subresource: 'status' },
      );
      const seen = await pods.waitFor(name, hasCondition(type), { timeoutMs: 10_000 });
      expect(seen?.status?.phase).toBe('Running');
      // A write of the object leaves the status alone.
      const replaced = await pods.update(name, (pod) => {
        pod.metadata = { ...pod.metadata, labels: { changed: 'yes' } };
        pod.status = {};
      });
      expect(replaced.status?.phase).toBe('Running');
      expect(replaced.metadata?.labels).toEqual({ changed: 'yes' });
      await pods.delete(name, { gracePeriodSeconds: 1 });
    }, 80_000);

    it('a scale is read and set', async () => {
      const deployments = client().deployments(namespace);
      const name = unique('scale');
      const labels = { app: name };
      const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } };
      // Paused from the start: nothing of it runs.
      await deployments.create({
        metadata: { name },
        spec: { paused: true, replicas: 1, selector: { matchLabels: labels }, template },
      });
      expect(await deployments.getScale(name)).toMatchObject({ kind: 'Scale', spec: { replicas: 1 } });
      expect(await deployments.setScale(name, 4)).toMatchObject({
        kind: 'Scale',
        metadata: { name },
        spec: { replicas: 4 },
      });
      expect((await deployments.get(name)).spec?.replicas).toBe(4);
      await deployments.delete(name);
    });
  });

  describe('a kind of its own', () => {
    type Boat = KubeObject & {
      spec?: { length?: number; rigging?: Record<string, unknown> };
      status?: { afloat?: boolean };
    };
    const group = `${unique('boats')}.example.com`;
    const boats = () =>
      client().resource<Boat>({ group, version: 'v1', kind: 'Boat', plural: 'boats', namespaced: true }, namespace);
    const definitions = () =>
      client().resource({
        group: 'apiextensions.k8s.io',
        version: 'v1',
        kind: 'CustomResourceDefinition',
        plural: 'customresourcedefinitions',
        namespaced: false,
      });

    const define = async () => {
      const preserve = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
      const definition = {
        metadata: { name: `boats.${group}` },
        spec: {
          group,
          scope: 'Namespaced',
          names: { kind: 'Boat', plural: 'boats', singular: 'boat' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              subresources: { status: {} },
              schema: { openAPIV3Schema: { type: 'object', properties: { spec: preserve, status: preserve } } },
            },
          ],
        },
      };
      await definitions().create(definition);
      await definitions().waitFor(`boats.${group}`, hasCondition('Established'), { timeoutMs: 30_000 });
      // Established is a promise; the paths are there a moment later.
      for (;;) {
        const listed = await failure(boats().list());
        if (!isNotFound(listed)) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    beforeAll(define, 40_000);
    afterAll(() => definitions().delete(`boats.${group}`));

    it('has all verbs, and fields that nobody knows survive reading and writing', async () => {
      const rigging = { masts: 2, sails: [{ kind: 'jib', areaM2: 12.5 }, null], deep: { very: { true: false } } };
      const anna = { metadata: { name: 'anna' }, spec: { length: 9, rigging } };
      const created = await boats().create({ ...anna, status: { afloat: true } });
      // A status is not for whoever creates the object.
      expect(created.status).toBeUndefined();
      expect(created).toMatchObject({ apiVersion: `${group}/v1`, kind: 'Boat', metadata: { generation: 1 } });
      const updated = await boats().update('anna', (boat) => {
        boat.spec = { ...boat.spec, length: 10 };
      });
      expect(updated).toMatchObject({ spec: { length: 10, rigging }, metadata: { generation: 2 } });
      const { items } = await boats().list();
      expect(items.map(({ kind, spec }) => [kind, spec?.rigging])).toEqual([['Boat', rigging]]);
      const afloat = await boats().replaceStatus({ ...updated, spec: { length: 1 }, status: { afloat: true } });
      expect(afloat).toMatchObject({ spec: { length: 10 }, status: { afloat: true }, metadata: { generation: 2 } });
      await boats().waitFor('anna', exists, { timeoutMs: 5_000 });
      await boats().delete('anna', { uid: created.metadata?.uid });
      expect(isNotFound(await failure(boats().get('anna')))).toBe(true);
    });

    it('is watched and applied like any other', async () => {
      const stop = new AbortController();
      const seen: string[] = [];
      const { resourceVersion } = await boats().list();
      const watching = (async () => {
        for await (const { type, object } of boats().watch({ resourceVersion, signal: stop.signal })) {
          seen.push(`${type} ${object.spec?.length ?? '-'}`);
          if (type === 'DELETED') return;
        }
      })();
      const name = `b${randomUUID().slice(0, 6)}`;
      await boats().apply({ metadata: { name }, spec: { length: 3 } }, { fieldManager: 'one' });
      const error = await failure(boats().apply({ metadata: { name }, spec: { length: 4 } }, { fieldManager: 'two' }));
      expect(fieldConflicts(error)).toEqual([{ field: '.spec.length', manager: 'one' }]);
      await boats().delete(name);
      await watching;
      expect(seen).toEqual(['ADDED 3', 'DELETED 3']);
    });

    it('takes all of its objects with it', async () => {
      await boats().create({ metadata: { name: 'left' } });
      await definitions().delete(`boats.${group}`);
      await definitions().waitFor(`boats.${group}`, isDeleted(), { timeoutMs: 30_000 });
      await define();
      expect((await boats().list()).items).toEqual([]);
    }, 80_000);
  });
};
