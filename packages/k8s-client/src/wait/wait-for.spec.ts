import { describe, expect, it } from '@jest/globals';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { ListWatchServer } from '../../test/support/list-watch-server.ts';
import { until } from '../../test/support/until.ts';
import { KubeClient } from '../kube-client.ts';
import type { ConfigMap, Namespace, Pod } from '../resources/models.ts';
import {
  and,
  exists,
  hasCondition,
  isContainerRunning,
  isDeleted,
  isPodFinished,
  isPodReady,
  not,
  or,
} from './conditions.ts';
import { describeObject } from './describe-object.ts';

const has =
  (value: string) =>
  (object: ConfigMap | undefined): boolean =>
    object?.data?.['a'] === value;

const start = async () => {
  const server = await ListWatchServer.start();
  const client = new KubeClient({ server: server.url }, { clock: fakeClock(() => 0.01) });
  const stop = async () => {
    await client.close({ graceMs: 100 });
    await server[Symbol.asyncDispose]();
  };
  return { server, configMaps: client.configMaps('ci'), [Symbol.asyncDispose]: stop };
};

describe('waitFor', () => {
  it('answers from the list when the condition holds already', async () => {
    await using own = await start();
    own.server.put('c', { a: '1' });
    expect((await own.configMaps.waitFor('c', has('1'), { timeoutMs: 1000 }))?.data).toEqual({ a: '1' });
    expect(own.server.requests).toEqual(['/api/v1/namespaces/ci/configmaps?fieldSelector=metadata.name%3Dc']);
  });

  it('sees the change on one watch, through drops and a forgotten history', async () => {
    await using own = await start();
    own.server.put('c', { a: '1' });
    const waiting = own.configMaps.waitFor('c', has('3'), { timeoutMs: 5000 });
    await until(() => own.server.watchers > 0);
    own.server.put('c', { a: '2' });
    own.server.drop('half');
    await until(() => own.server.watchers > 0);
    own.server.say({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    own.server.put('c', { a: '3' });
    expect((await waiting)?.data).toEqual({ a: '3' });
    await until(() => own.server.watchers === 0);
  });

  it('tells how the object looked last, and ends in time', async () => {
    await using own = await start();
    const startedMs = performance.now();
    const error = await own.configMaps.waitFor('c', exists, { timeoutMs: 80 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'Timeout', phase: 'wait', timeoutMs: 80 });
    expect(String(error)).toContain('the condition did not hold within 80 ms; at last it does not exist');
    expect(performance.now() - startedMs).toBeLessThan(1500);
  });

  it('ends with the signal of the caller, which is no time-out', async () => {
    await using own = await start();
    const stop = new AbortController();
    const waiting = own.configMaps.waitFor('c', exists, { timeoutMs: 5000, signal: stop.signal });
    await until(() => own.server.watchers > 0);
    stop.abort('why');
    await expect(waiting).rejects.toMatchObject({ code: 'Aborted', cause: 'why' });
  });
});

describe('conditions', () => {
  const pod = (status: object, metadata: object = {}): Pod => ({
    metadata: { name: 'x', uid: 'u', ...metadata },
    status,
  });

  it('read what they say', () => {
    const ready = pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    const failed = pod({ phase: 'Failed' });
    const running = pod({ containerStatuses: [{ name: 'main', state: { running: {} } }] });
    expect([isPodReady(ready), isPodReady(failed), isPodReady(undefined)]).toEqual([true, false, false]);
    expect([isPodFinished(failed), isPodFinished(ready)]).toEqual([true, false]);
    expect([isContainerRunning('main')(running), isContainerRunning('other')(running)]).toEqual([true, false]);
    expect(hasCondition('Ready', 'False')(pod({ conditions: [{ type: 'Ready', status: 'False' }] }))).toBe(true);
    expect([exists(ready), exists(pod({}, { deletionTimestamp: 'now' })), exists(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([isDeleted('u')(ready), isDeleted('v')(ready), isDeleted()(undefined)]).toEqual([false, true, true]);
  });

  it('combine', () => {
    const ready = pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    expect(and(isPodReady, not(isPodFinished))(ready)).toBe(true);
    expect(or(isPodFinished, isDeleted())(ready)).toBe(false);
  });
});

describe('describeObject', () => {
  it('names phase, containers, unmet conditions and the finalizer that blocks', () => {
    expect(
      describeObject({
        metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['example.com/hold'] },
        status: {
          phase: 'Pending',
          conditions: [
            { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
            { type: 'PodScheduled', status: 'True' },
          ],
          containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ImagePullBackOff', message: 'long' } } }],
        },
      } as Pod),
    ).toBe(
      'phase Pending; being deleted since 2026-01-01T00:00:00Z; blocked by finalizer example.com/hold; ' +
        'containers: main waiting (ImagePullBackOff); not true: Ready: ContainersNotReady',
    );
  });

  it('names what is left in a namespace instead of the finalizer that each of them has', () => {
    const message = 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances';
    expect(
      describeObject({
        metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
        spec: { finalizers: ['kubernetes'] },
        status: {
          phase: 'Terminating',
          conditions: [
            { type: 'NamespaceDeletionDiscoveryFailure', status: 'False', reason: 'ResourcesDiscovered' },
            { type: 'NamespaceFinalizersRemaining', status: 'True', reason: 'SomeFinalizersRemain', message },
          ],
        },
      } as Namespace),
    ).toBe(
      'phase Terminating; being deleted since 2026-01-01T00:00:00Z; ' +
        `blocked by NamespaceFinalizersRemaining: ${message}`,
    );
  });
});
