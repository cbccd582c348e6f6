import { isNotFound, isPodFinished, isPodRunning } from '@danube/k8s-client';
import { beforeAll, expect, it } from '@jest/globals';
import { collect, failure, shellPod, unique, type Workplace } from './workplace.ts';

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** What containers wrote. */
export const describeLogs = ({ client, namespace, image }: Workplace): void => {
  const pods = () => client().pods(namespace);
  const finished = unique('written');
  const script = 'echo one; echo two; sleep 2.1; echo three; printf "four"';

  beforeAll(async () => {
    await pods().create(shellPod(image, finished, script));
    await pods().waitFor(finished, isPodFinished, { timeoutMs: 60_000 });
  }, 70_000);

  it('are read as bytes, whole', async () => {
    expect(await collect(pods().logs(finished))).toBe('one\ntwo\nthree\nfour');
  });

  it('are read from their end', async () => {
    expect(await collect(pods().logs(finished, { tailLines: 2 }))).toBe('three\nfour');
    expect(await collect(pods().logs(finished, { tailLines: 0 }))).toBe('');
  });

  it('are cut at a number of bytes', async () => {
    expect(await collect(pods().logs(finished, { limitBytes: 5 }))).toBe('one\nt');
  });

  it('tell their times, from which they are read on', async () => {
    const timed = lines(await collect(pods().logs(finished, { timestamps: true })));
    expect(timed.map((line) => line.replace(/^\S+ /, ''))).toEqual(['one', 'two', 'three', 'four']);
    const times = timed.map((line) => Date.parse(line.split(' ')[0] ?? ''));
    expect(times).toEqual(times.toSorted());
    const later = new Date(Math.floor((times[2] ?? 0) / 1000) * 1000).toISOString();
    expect(await collect(pods().logs(finished, { sinceTime: later }))).toBe('three\nfour');
    expect(await collect(pods().logs(finished, { sinceSeconds: 3600 }))).toBe('one\ntwo\nthree\nfour');
  });

  it('are followed until the container ends', async () => {
    const name = unique('follow');
    await pods().create(shellPod(image, name, 'echo a; echo b >&2; sleep 0.3; echo c'));
    await pods().waitFor(name, (pod) => isPodRunning(pod) || isPodFinished(pod), { timeoutMs: 60_000 });
    expect(lines(await collect(pods().logs(name, { follow: true }))).toSorted()).toEqual(['a', 'b', 'c']);
    expect(lines(await collect(pods().logs(name, { follow: true, retryForMs: 20_000 }))).toSorted()).toEqual([
      'a',
      'b',
      'c',
    ]);
  }, 90_000);

  it('are followed until one leaves', async () => {
    const name = unique('follow');
    await pods().create(shellPod(image, name, 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done'));
    await pods().waitFor(name, isPodRunning, { timeoutMs: 60_000 });
    let text = '';
    for await (const chunk of pods().logs(name, { follow: true })) {
      text += chunk.toString();
      if (lines(text).length > 10) break;
    }
    expect(text.startsWith('0\n1\n2\n')).toBe(true);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    await failure(collect(pods().logs(name, { follow: true, signal: stop.signal })));
    await pods().delete(name, { gracePeriodSeconds: 0 });
  }, 90_000);

  it('of the run before a restart are kept', async () => {
    const name = unique('again');
    const once =
      'if [ -e /seen/once ]; then echo second; while :; do sleep 0.1; done; fi; touch /seen/once; echo first; exit 1';
    const { metadata, spec } = shellPod(image, name, once);
    const container = { ...spec!.containers[0]!, volumeMounts: [{ name: 'seen', mountPath: '/seen' }] };
    const volumes = [{ name: 'seen', emptyDir: {} }];
    await pods().create({
      metadata: metadata!,
      spec: { ...spec, restartPolicy: 'Always', containers: [container], volumes },
    });
    await pods().waitFor(name, (found) => (found?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0, {
      timeoutMs: 60_000,
    });
    expect(await collect(pods().logs(name, { previous: true }))).toBe('first\n');
    await pods().delete(name, { gracePeriodSeconds: 0 });
  }, 90_000);

  it('of one container of several must say which', async () => {
    const name = unique('two');
    const { metadata, spec } = shellPod(image, name, 'echo main');
    const other = { ...spec!.containers[0]!, name: 'other', command: ['/bin/sh', '-c', 'echo other'] };
    await pods().create({ metadata: metadata!, spec: { ...spec!, containers: [...spec!.containers, other] } });
    await pods().waitFor(name, isPodFinished, { timeoutMs: 60_000 });
    expect(await collect(pods().logs(name, { container: 'other' }))).toBe('other\n');
    expect(await failure(collect(pods().logs(name)))).toMatchObject({ code: 'BadRequest', status: 400 });
    expect(await failure(collect(pods().logs(name, { container: 'third' })))).toMatchObject({ code: 'BadRequest' });
  }, 70_000);

  it('of a pod that does not exist, or has not started, are an error', async () => {
    expect(isNotFound(await failure(collect(pods().logs(unique('none')))))).toBe(true);
    const name = unique('unbound');
    const pod = shellPod(image, name, 'true');
    await pods().create({ ...pod, spec: { ...pod.spec!, nodeSelector: { no: 'node' } } });
    const error = await failure(collect(pods().logs(name)));
    // A pod without a node has no log at all: the server says nothing of it, without an error.
    if (error !== 'no failure') expect(error).toMatchObject({ code: 'BadRequest' });
    await pods().delete(name, { gracePeriodSeconds: 0 });
  });
};
