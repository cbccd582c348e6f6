import {
  ApiError,
  isForbidden,
  isInvalid,
  isNotFound,
  isRetryable,
  isTooManyRequests,
  isUnauthorized,
  type KubeObject,
  isPodReady,
} from '@danube/k8s-client';
import { describe, expect, it } from '@jest/globals';
import { configMap, failure, IDLE, shellPod, unique, type Workplace } from './workplace.ts';

/** What the server refuses, and how one can tell. */
export const describeRefusals = ({ client, connect, namespace, image }: Workplace): void => {
  it('an object against the rules of its kind is refused with the wrong field named', async () => {
    const bad = shellPod(image, unique('bad'), 'true');
    bad.spec!.containers[0]!.name = 'Not A Name';
    const error = await failure(client().pods(namespace).create(bad));
    expect(isInvalid(error)).toBe(true);
    expect(isRetryable(error)).toBe(false);
    expect(error).toMatchObject({ status: 422, details: { causes: [{ field: 'spec.containers[0].name' }] } });
  });

  it('an unknown field is refused when one asks for that', async () => {
    const odd = { ...configMap(unique('odd')), surprise: true };
    const error = await failure(client().configMaps(namespace).create(odd, { fieldValidation: 'Strict' }));
    expect(error).toMatchObject({ status: 400, code: 'BadRequest' });
    expect((error as Error).message).toContain('unknown field "surprise"');
  });

  it('a kind that the server does not have is not found', async () => {
    const nothing = { group: 'nothing.example.com', version: 'v1', kind: 'No', plural: 'noes', namespaced: true };
    expect(isNotFound(await failure(client().resource(nothing, namespace).list()))).toBe(true);
  });

  it('what exceeds a quota is forbidden, and the error says which', async () => {
    const name = unique('quota');
    await client().namespaces().ensure(name);
    const secrets = client().secrets(name);
    const quotas = client().resourceQuotas(name);
    await quotas.create({ metadata: { name: 'few' }, spec: { hard: { 'count/secrets': '1' } } });
    await quotas.waitFor('few', (quota) => quota?.status?.hard?.['count/secrets'] === '1', { timeoutMs: 30_000 });
    await secrets.create({ metadata: { name: 'first' } });
    const error = await failure(secrets.create({ metadata: { name: 'second' } }));
    expect(isForbidden(error)).toBe(true);
    expect(error).toMatchObject({ status: 403, reason: 'Forbidden' });
    expect((error as Error).message).toContain(
      'exceeded quota: few, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1',
    );
    await secrets.delete('first');
    // The place is free again once the quota has noticed.
    await quotas.waitFor('few', (quota) => quota?.status?.used?.['count/secrets'] === '0', { timeoutMs: 30_000 });
    await secrets.create({ metadata: { name: 'second' } });
    await client().namespaces().delete(name);
  }, 80_000);

  it('a namespace that is being deleted takes nothing new', async () => {
    const name = unique('ending');
    await client().namespaces().ensure(name);
    const configMaps = client().configMaps(name);
    await configMaps.create({ metadata: { name: 'held', finalizers: ['danube.dev/hold'] } });
    await client().namespaces().delete(name);
    const error = await failure(configMaps.create(configMap('late')));
    expect(isForbidden(error)).toBe(true);
    expect(error).toMatchObject({
      details: { causes: expect.arrayContaining([expect.objectContaining({ reason: 'NamespaceTerminating' })]) },
    });
    await configMaps.patch('held', { metadata: { finalizers: null } });
  });

  it('a token that is none is not accepted, and does not appear in the error', async () => {
    await using other = connect({ token: 'not-a-token' });
    const error = await failure(other.pods(namespace).list());
    expect(isUnauthorized(error)).toBe(true);
    expect(String(error)).not.toContain('not-a-token');
  });

  describe('a budget of disruptions', () => {
    const budgets = () =>
      client().resource<KubeObject & { status?: { disruptionsAllowed?: number } }>(
        {
          group: 'policy',
          version: 'v1',
          kind: 'PodDisruptionBudget',
          plural: 'poddisruptionbudgets',
          namespaced: true,
        },
        namespace,
      );

    it('lets an eviction wait, until it allows it', async () => {
      const name = unique('guarded');
      const pods = client().pods(namespace);
      const labels = { app: name };
      const spec = { minAvailable: 1, selector: { matchLabels: labels } };
      await budgets().create({ metadata: { name }, spec } as KubeObject);
      await pods.create(shellPod(image, name, IDLE));
      await pods.waitFor(name, isPodReady, { timeoutMs: 60_000 });
      const error = await failure(pods.evict(name, { timeoutMs: 600 }));
      const apart = error instanceof ApiError ? error : (error as Error).cause;
      expect(isTooManyRequests(apart)).toBe(true);
      expect(isRetryable(apart)).toBe(true);
      expect((await pods.get(name)).metadata?.deletionTimestamp).toBeUndefined();
      await budgets().delete(name);
      await pods.evict(name, { gracePeriodSeconds: 1 });
      await pods.waitFor(name, (pod) => pod?.metadata?.deletionTimestamp !== undefined || pod === undefined, {
        timeoutMs: 10_000,
      });
    }, 100_000);
  });
};
