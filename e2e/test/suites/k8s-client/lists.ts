import { isNotFound } from '@danube/k8s-client';
import { beforeAll, expect, it } from '@jest/globals';
import { configMap, failure, namesOf, unique, type Workplace } from './workplace.ts';

/** How objects are read, one and many. */
export const describeLists = ({ client, namespace }: Workplace): void => {
  const configMaps = () => client().configMaps(namespace);
  const run = unique('page');
  const names = [0, 1, 2, 3, 4].map((index) => `${run}-${index}`);
  const labelSelector = `run=${run}`;

  beforeAll(async () => {
    for (const name of names)
      await configMaps().create(configMap(name, {}, { run, even: `${names.indexOf(name) % 2 === 0}` }));
  });

  it('an object that does not exist is named in the error', async () => {
    const error = await failure(configMaps().get('nothing-here'));
    expect(error).toMatchObject({
      code: 'NotFound',
      status: 404,
      reason: 'NotFound',
      details: { name: 'nothing-here', kind: 'configmaps' },
      request: `GET /api/v1/namespaces/${namespace}/configmaps/nothing-here`,
    });
    expect((error as { auditId?: string }).auditId).toMatch(/^[0-9a-f-]{36}$/);
    expect(isNotFound(error)).toBe(true);
  });

  it('an object may be read from the cache of the server', async () => {
    const name = names[0]!;
    expect((await configMaps().get(name, { resourceVersion: '0' })).metadata?.name).toBe(name);
  });

  it.each([
    ['even=true', [0, 2, 4]],
    ['even!=true', [1, 3]],
    ['even in (true, false)', [0, 1, 2, 3, 4]],
    ['even notin (true)', [1, 3]],
    ['even', [0, 1, 2, 3, 4]],
    ['!even', []],
  ])('a list is selected by labels: %s', async (selector, wanted) => {
    const { items } = await configMaps().list({ labelSelector: `${labelSelector},${selector}` });
    expect(namesOf(items)).toEqual(wanted.map((index) => names[index]));
  });

  it('a list is selected by fields', async () => {
    const { items } = await configMaps().list({ labelSelector, fieldSelector: `metadata.name=${names[3]}` });
    expect(namesOf(items)).toEqual([names[3]]);
    const error = await failure(configMaps().list({ fieldSelector: 'data.a=b' }));
    expect(error).toMatchObject({ code: 'BadRequest', status: 400 });
  });

  it('items carry their kind, as single objects do', async () => {
    const { items, resourceVersion } = await configMaps().list({ labelSelector });
    expect(items.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`)).toEqual(names.map(() => 'v1/ConfigMap'));
    expect(resourceVersion).toMatch(/^\d+$/);
  });

  it('pages show each object once, as all of them were at the first', async () => {
    const first = await configMaps().list({ labelSelector, limit: 2 });
    expect(namesOf(first.items)).toEqual(names.slice(0, 2));
    const late = `${run}-9`;
    await configMaps().create(configMap(late, {}, { run }));
    const second = await configMaps().list({ labelSelector, limit: 2, continue: first.continue });
    const third = await configMaps().list({ labelSelector, limit: 2, continue: second.continue });
    expect(namesOf([...second.items, ...third.items])).toEqual(names.slice(2));
    expect(third.continue).toBeUndefined();
    expect(new Set([first, second, third].map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
    await configMaps().delete(late);
  });

  it('a page says how many remain, when nothing was selected', async () => {
    const { items, remainingItemCount } = await configMaps().list({ limit: 1 });
    const all = await configMaps().list();
    expect(items).toHaveLength(1);
    expect(remainingItemCount).toBe(all.items.length - 1);
  });

  it('all pages are one iteration', async () => {
    const found: (string | undefined)[] = [];
    for await (const { metadata } of configMaps().listAll({ labelSelector, limit: 2 })) found.push(metadata?.name);
    expect(found).toEqual(names);
  });

  it('a token that the server did not hand out is refused', async () => {
    const error = await failure(configMaps().list({ limit: 2, continue: 'no-such-token' }));
    expect(error).toMatchObject({ code: 'BadRequest', status: 400 });
  });

  it('a list shows the state at an exact version', async () => {
    const { resourceVersion } = await configMaps().list({ labelSelector });
    const late = `${run}-8`;
    await configMaps().create(configMap(late, {}, { run }));
    const exact = { labelSelector, resourceVersion, resourceVersionMatch: 'Exact' } as const;
    const before = await configMaps().list({ ...exact, limit: 100 });
    expect(namesOf(before.items)).toEqual(names);
    expect(before.resourceVersion).toBe(resourceVersion);
    await configMaps().delete(late);
  });

  it('a list of all namespaces has this one in it', async () => {
    const { items } = await client().configMaps().list({ labelSelector });
    expect(items.map(({ metadata }) => metadata?.namespace)).toEqual(names.map(() => namespace));
  });

  it('a version that the server has not reached is said so', async () => {
    const error = await failure(
      configMaps().list({ resourceVersion: '999999999', resourceVersionMatch: 'NotOlderThan', timeoutMs: 5_000 }),
    );
    const apart = (error as { cause?: unknown }).cause ?? error;
    expect(apart).toMatchObject({
      status: 504,
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
    });
  });
};
