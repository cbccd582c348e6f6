import { isDeleted, isNotFound, isPodFinished, isPodReady, isPodRunning } from '@danube/k8s-client';
import { expect, it } from '@jest/globals';
import { failure, IDLE, namesOf, shellPod, unique, type Workplace } from './workplace.ts';

/** Pods as they run and end. */
export const describePods = ({ client, namespace, image }: Workplace): void => {
  const pods = () => client().pods(namespace);

  it('run, are waited for, and are gone after deletion', async () => {
    const name = unique('pod');
    const { metadata } = await pods().create(shellPod(image, name, IDLE));
    await pods().waitFor(name, isPodRunning, { timeoutMs: 60_000 });
    await pods().waitFor(name, isPodReady, { timeoutMs: 60_000 });
    await pods().delete(name, { uid: metadata?.uid, gracePeriodSeconds: 1 });
    await pods().waitFor(name, isDeleted(metadata?.uid), { timeoutMs: 60_000 });
    expect(isNotFound(await failure(pods().get(name)))).toBe(true);
  }, 90_000);

  it('tell their exit code when they are finished', async () => {
    const name = unique('pod');
    await pods().create(shellPod(image, name, 'exit 7'));
    const finished = await pods().waitFor(name, isPodFinished, { timeoutMs: 60_000 });
    expect(finished?.status).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ name: 'main', state: { terminated: { exitCode: 7 } } }],
    });
  }, 70_000);

  it('are selected by their phase', async () => {
    const name = unique('pod');
    await pods().create(shellPod(image, name, 'true'));
    await pods().waitFor(name, isPodFinished, { timeoutMs: 60_000 });
    const { items } = await pods().list({ fieldSelector: `metadata.name=${name},status.phase=Succeeded` });
    expect(namesOf(items)).toEqual([name]);
  }, 70_000);

  it('are evicted, and say why', async () => {
    const name = unique('pod');
    const { metadata } = await pods().create(shellPod(image, name, IDLE));
    await pods().waitFor(name, isPodRunning, { timeoutMs: 60_000 });
    const seen: string[] = [];
    const leaving = pods().waitFor(
      name,
      (pod) => {
        const target = pod?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
        if (target?.reason !== undefined) seen.push(target.reason);
        return pod === undefined;
      },
      { timeoutMs: 60_000 },
    );
    await pods().evict(name, { uid: metadata?.uid, gracePeriodSeconds: 1 });
    await leaving;
    expect(seen).toContain('EvictionByEvictionAPI');
    expect(isNotFound(await failure(pods().evict(name)))).toBe(true);
  }, 90_000);
};
