import { and, type ConfigMap, exists, isAborted, isDeleted, isPodReady, isTimeout, not, or } from '@danube/k8s-client';
import { expect, it } from '@jest/globals';
import { configMap, failure, shellPod, unique, type Workplace } from './workplace.ts';

/** Waiting for an object to be as it should. */
export const describeWaits = ({ client, namespace, image }: Workplace): void => {
  const configMaps = () => client().configMaps(namespace);

  it('take conditions that are combined', async () => {
    const name = unique('cm');
    const waiting = configMaps().waitFor(name, and(exists, not(isDeleted())), { timeoutMs: 10_000 });
    await configMaps().create(configMap(name, { a: '1' }));
    expect((await waiting)?.data).toEqual({ a: '1' });
    const hasB = (object: ConfigMap | undefined) => object?.data?.['b'] !== undefined;
    const changing = configMaps().waitFor(name, or<ConfigMap>(isDeleted(), hasB), { timeoutMs: 10_000 });
    await configMaps().patch(name, { data: { b: '2' } });
    expect((await changing)?.data).toEqual({ a: '1', b: '2' });
  });

  it('say how the object looked last when the time runs out', async () => {
    const name = unique('cm');
    const error = await failure(configMaps().waitFor(name, exists, { timeoutMs: 300 }));
    expect(isTimeout(error)).toBe(true);
    expect(error).toMatchObject({ code: 'Timeout', phase: 'wait', timeoutMs: 300 });
    expect((error as Error).message).toContain('it does not exist');
  });

  it('say what is the matter with a pod that does not get ready', async () => {
    const name = unique('stuck');
    const pods = client().pods(namespace);
    const pod = shellPod(image, name, 'true');
    await pods.create({ ...pod, spec: { ...pod.spec!, nodeSelector: { no: 'node' } } });
    await pods.waitFor(
      name,
      (found) => found?.status?.conditions?.some(({ reason }) => reason === 'Unschedulable') === true,
      {
        timeoutMs: 30_000,
      },
    );
    const error = await failure(pods.waitFor(name, isPodReady, { timeoutMs: 300 }));
    expect((error as Error).message).toMatch(/phase Pending; .*not true: PodScheduled: Unschedulable/);
    await pods.delete(name, { gracePeriodSeconds: 0 });
  }, 40_000);

  it('take an object made anew under the same name for a deletion of the old one', async () => {
    const name = unique('cm');
    const uid = (await configMaps().create(configMap(name))).metadata?.uid;
    const waiting = configMaps().waitFor(name, isDeleted(uid), { timeoutMs: 10_000 });
    await configMaps().delete(name);
    const anew = await configMaps().create(configMap(name));
    expect(anew.metadata?.uid).not.toBe(uid);
    const found = await waiting;
    expect([undefined, anew.metadata?.uid]).toContain(found?.metadata?.uid);
  });

  it('end with their signal', async () => {
    const stop = new AbortController();
    const waiting = configMaps().waitFor(unique('cm'), exists, { timeoutMs: 60_000, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    expect(isAborted(await failure(waiting))).toBe(true);
  });
};
