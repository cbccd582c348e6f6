import { describe, expect, it } from '@jest/globals';
import { startPodApi } from '../../test/pod-api.ts';
import { watchJobPods } from './watch-job-pods.ts';

const pod = (name: string, uid: string, version = '1') => ({ metadata: { name, uid, resourceVersion: version } });

describe('watchJobPods', () => {
  it('tells what changed while it could not see, at the next list', async () => {
    await using api = await startPodApi();
    api.pods.set('kept', pod('kept', 'u1'));
    api.pods.set('changed', pod('changed', 'u2', '1'));
    api.pods.set('gone', pod('gone', 'u3'));
    api.pods.set('replaced', pod('replaced', 'u4'));
    const stop = new AbortController();
    const rounds: string[][] = [[]];
    for await (const { type, pod: told } of watchJobPods(api.client, { signal: stop.signal, resyncMs: 50 })) {
      if (type !== 'synced') {
        rounds.at(-1)!.push(`${type} ${told.metadata!.name!} ${told.metadata!.uid!}`);
        continue;
      }
      if (rounds.length === 2) break;
      rounds.push([]);
      api.pods.set('changed', pod('changed', 'u2', '2'));
      api.pods.delete('gone');
      api.pods.set('replaced', pod('replaced', 'u5'));
      api.pods.set('new', pod('new', 'u6'));
    }
    stop.abort();
    expect(rounds).toEqual([
      ['applied kept u1', 'applied changed u2', 'applied gone u3', 'applied replaced u4'],
      ['deleted gone u3', 'applied changed u2', 'deleted replaced u4', 'applied replaced u5', 'applied new u6'],
    ]);
  });

  it('lists again after the server forgot the history, and says that something was healed', async () => {
    await using api = await startPodApi();
    api.fail('WATCH', { status: 410, reason: 'Expired', message: 'too old resource version' });
    const errors: unknown[] = [];
    let syncs = 0;
    for await (const { type } of watchJobPods(api.client, { onError: (error) => errors.push(error) })) {
      if (type === 'synced') syncs += 1;
      if (syncs === 2) break;
    }
    expect(errors).toMatchObject([{ code: 'WatchExpired' }]);
    expect(api.calls.slice(0, 3)).toEqual(['LIST', 'WATCH', 'LIST']);
  });

  it('goes on when it is refused for a while after it had begun', async () => {
    await using api = await startPodApi();
    const stop = new AbortController();
    const errors: unknown[] = [];
    let syncs = 0;
    const options = { resyncMs: 20, signal: stop.signal, onError: (error: unknown) => errors.push(error) };
    for await (const { type } of watchJobPods(api.client, options)) {
      if (type !== 'synced') continue;
      syncs += 1;
      if (syncs === 1) api.fail('LIST', { status: 403, reason: 'Forbidden', message: 'pods is forbidden' });
      if (syncs === 2) stop.abort();
    }
    expect(errors).toMatchObject([{ code: 'Forbidden' }]);
  });

  it('fails when the first list is refused: that is a mistake in the set-up', async () => {
    await using api = await startPodApi();
    api.fail('LIST', { status: 403, reason: 'Forbidden', message: 'pods is forbidden' });
    await expect(watchJobPods(api.client).next()).rejects.toMatchObject({ code: 'Forbidden' });
  });
});
