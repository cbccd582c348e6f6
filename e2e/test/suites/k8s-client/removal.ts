import { isConflict, isDeleted, isNotFound, isPodRunning } from '@danube/k8s-client';
import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { configMap, failure, shellPod, unique, type Workplace } from './workplace.ts';

/** How objects go. */
export const describeRemoval = ({ client, namespace, image }: Workplace): void => {
  const configMaps = () => client().configMaps(namespace);
  const pods = () => client().pods(namespace);

  it('is refused under another uid, and at another version', async () => {
    const name = unique('cm');
    const { metadata } = await configMaps().create(configMap(name));
    expect(isConflict(await failure(configMaps().delete(name, { uid: randomUUID() })))).toBe(true);
    await configMaps().patch(name, { data: { a: '1' } });
    const { uid, resourceVersion } = metadata!;
    expect(isConflict(await failure(configMaps().delete(name, { uid, resourceVersion })))).toBe(true);
    await configMaps().delete(name, { uid });
    expect(isNotFound(await failure(configMaps().get(name)))).toBe(true);
  });

  it('of what is gone already is no success, unless its uid says that it is ours', async () => {
    const name = unique('cm');
    expect(isNotFound(await failure(configMaps().delete(name)))).toBe(true);
  });

  it('in a dry run removes nothing', async () => {
    const name = unique('cm');
    await configMaps().create(configMap(name));
    await configMaps().delete(name, { dryRun: true });
    expect((await configMaps().get(name)).metadata?.deletionTimestamp).toBeUndefined();
  });

  it('waits for finalizers', async () => {
    const name = unique('cm');
    const { metadata } = await configMaps().create({ metadata: { name, finalizers: ['danube.dev/hold'] } });
    await configMaps().delete(name);
    const held = await configMaps().get(name);
    expect(held.metadata?.deletionTimestamp).toBeDefined();
    await configMaps().patch(name, { metadata: { finalizers: null } });
    await configMaps().waitFor(name, isDeleted(metadata?.uid), { timeoutMs: 10_000 });
  });

  it('gives a pod its grace, or none', async () => {
    const slow = "trap '' TERM; while :; do sleep 0.1; done";
    const name = unique('grace');
    const { metadata } = await pods().create(shellPod(image, name, slow));
    const uid = metadata?.uid;
    await pods().waitFor(name, isPodRunning, { timeoutMs: 60_000 });
    await pods().delete(name, { uid, gracePeriodSeconds: 300 });
    expect((await pods().get(name)).metadata).toMatchObject({ deletionGracePeriodSeconds: 300 });
    // A later delete may shorten it.
    await pods().delete(name, { uid, gracePeriodSeconds: 0 });
    await pods().waitFor(name, isDeleted(uid), { timeoutMs: 30_000 });
  }, 100_000);

  it('of many takes what is selected, and leaves the rest', async () => {
    const run = unique('many');
    for (const part of ['a', 'a', 'b']) await configMaps().create(configMap(unique(run), {}, { run, part }));
    await configMaps().deleteCollection({ labelSelector: `run=${run},part=a` });
    const { items } = await configMaps().list({ labelSelector: `run=${run}` });
    expect(items.map(({ metadata }) => metadata?.labels?.['part'])).toEqual(['b']);
  });

  it('of many takes what they own with them', async () => {
    const run = unique('kin');
    const { metadata } = await configMaps().create(configMap(`${run}-a`, {}, { run }));
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: `${run}-a`, uid: metadata?.uid ?? '' }];
    await configMaps().create({ metadata: { name: `${run}-b`, labels: { run }, ownerReferences } });
    await configMaps().deleteCollection({ labelSelector: `run=${run}` });
    await configMaps().waitFor(`${run}-b`, isDeleted(), { timeoutMs: 30_000 });
    expect((await configMaps().list({ labelSelector: `run=${run}` })).items).toEqual([]);
  }, 40_000);

  describe('of an owner', () => {
    const family = async () => {
      const [owner, child] = [unique('owner'), unique('child')];
      const { metadata } = await configMaps().create(configMap(owner));
      const uid = metadata?.uid ?? '';
      const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid, blockOwnerDeletion: true }];
      await configMaps().create({ metadata: { name: child, ownerReferences, finalizers: ['danube.dev/hold'] } });
      const letGo = () => configMaps().patch(child, { metadata: { finalizers: null } });
      return { owner, child, uid, letGo };
    };

    it('in the background removes what it owns after it', async () => {
      const { owner, child, letGo } = await family();
      await configMaps().delete(owner, { propagationPolicy: 'Background' });
      expect(isNotFound(await failure(configMaps().get(owner)))).toBe(true);
      await configMaps().waitFor(child, (object) => object?.metadata?.deletionTimestamp !== undefined, {
        timeoutMs: 30_000,
      });
      await letGo();
      await configMaps().waitFor(child, isDeleted(), { timeoutMs: 30_000 });
    }, 70_000);

    it('in the foreground removes what it owns before it', async () => {
      const { owner, child, uid, letGo } = await family();
      await configMaps().delete(owner, { propagationPolicy: 'Foreground' });
      await configMaps().waitFor(child, (object) => object?.metadata?.deletionTimestamp !== undefined, {
        timeoutMs: 30_000,
      });
      expect((await configMaps().get(owner)).metadata?.finalizers).toEqual(['foregroundDeletion']);
      await letGo();
      await configMaps().waitFor(owner, isDeleted(uid), { timeoutMs: 30_000 });
    }, 70_000);

    it('that orphans leaves what it owned without an owner', async () => {
      const { owner, child, uid, letGo } = await family();
      await configMaps().delete(owner, { propagationPolicy: 'Orphan' });
      await configMaps().waitFor(owner, isDeleted(uid), { timeoutMs: 30_000 });
      const { metadata } = await configMaps().get(child);
      expect(metadata?.ownerReferences).toBeUndefined();
      expect(metadata?.deletionTimestamp).toBeUndefined();
      await letGo();
    }, 40_000);
  });
};
