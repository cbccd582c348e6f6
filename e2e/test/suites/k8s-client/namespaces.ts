import { isNotFound, isTimeout } from '@danube/k8s-client';
import { expect, it } from '@jest/globals';
import { configMap, failure, unique, type Workplace } from './workplace.ts';

/** What only namespaces have. */
export const describeNamespaces = ({ client }: Workplace): void => {
  const namespaces = () => client().namespaces();

  it('are ensured once and again, with labels added and none removed', async () => {
    const name = unique('k8s-client-ns');
    const first = await namespaces().ensure(name, { labels: { one: '1' } });
    const second = await namespaces().ensure(name, { labels: { two: '2' } });
    expect(second.metadata?.uid).toBe(first.metadata?.uid);
    expect(second.metadata?.labels).toMatchObject({ one: '1', two: '2' });
    const third = await namespaces().ensure(name, { labels: { two: '2' } });
    expect(third.metadata?.resourceVersion).toBe(second.metadata?.resourceVersion);
    await namespaces().deleteAndWait(name, { timeoutMs: 60_000 });
    expect(isNotFound(await failure(namespaces().get(name)))).toBe(true);
  }, 70_000);

  it('are ensured by many at once', async () => {
    const name = unique('k8s-client-ns');
    const all = await Promise.all(Array.from({ length: 5 }, () => namespaces().ensure(name, { labels: { a: 'b' } })));
    expect(new Set(all.map(({ metadata }) => metadata?.uid)).size).toBe(1);
    await namespaces().delete(name);
  });

  it('that do not exist are deleted already', async () => {
    await namespaces().deleteAndWait(unique('none'), { timeoutMs: 1_000 });
  });

  it('that do not go name the finalizer that holds them', async () => {
    const name = unique('k8s-client-ns');
    await namespaces().ensure(name);
    const held = { ...configMap('held').metadata, finalizers: ['danube.dev/hold'] };
    await client().configMaps(name).create({ metadata: held });
    await namespaces().delete(name);
    // The controller of a real cluster says so after its first look.
    await namespaces().waitFor(
      name,
      (namespace) =>
        (namespace?.status?.conditions ?? []).some(
          ({ type, status }) => type === 'NamespaceFinalizersRemaining' && status === 'True',
        ),
      { timeoutMs: 30_000 },
    );
    const error = await failure(namespaces().deleteAndWait(name, { timeoutMs: 300 }));
    expect(isTimeout(error)).toBe(true);
    expect((error as Error).message).toMatch(
      /NamespaceFinalizersRemaining: .*danube\.dev\/hold in 1 resource instances/,
    );
    expect((error as Error).message).toMatch(/NamespaceContentRemaining: .*configmaps\. has 1 resource instances/);
    await client()
      .configMaps(name)
      .patch('held', { metadata: { finalizers: null } });
    await namespaces().deleteAndWait(name, { timeoutMs: 60_000 });
  }, 100_000);
};
