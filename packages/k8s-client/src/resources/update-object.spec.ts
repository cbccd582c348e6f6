import { describe, expect, it } from '@jest/globals';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { failWith, json, startServer } from '../../test/support/test-server.ts';
import { KubeClient } from '../kube-client.ts';
import type { ConfigMap } from './models.ts';

/** A server of one config map; `rivals` others write between our read and our write, one each time. */
const start = async (rivals: number) => {
  let stored: ConfigMap = { metadata: { name: 'x', resourceVersion: '1' }, data: { n: '0' } };
  let version = 1;
  let left = rivals;
  const store = (object: ConfigMap): void => {
    version += 1;
    stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
  };
  const server = await startServer(({ method, body }, response) => {
    if (method === 'GET') {
      json(response, stored);
      return;
    }
    if (left > 0) {
      left -= 1;
      store({ ...stored, data: { ...stored.data, [`rival-${left}`]: 'was here' } });
    }
    const sent = JSON.parse(body) as ConfigMap;
    if (sent.metadata?.resourceVersion === stored.metadata?.resourceVersion) {
      store(sent);
      json(response, stored);
    } else failWith(response, { code: 409, reason: 'Conflict' });
  });
  const client = new KubeClient({ server: server.url }, { clock: fakeClock() });
  const close = async () => {
    await client.close();
    await server.close();
  };
  return { configMaps: client.configMaps('ci'), server, stored: () => stored, [Symbol.asyncDispose]: close };
};
const increment = (object: ConfigMap): void => {
  object.data = { ...object.data, n: String(Number(object.data?.['n']) + 1) };
};

describe('update', () => {
  it('changes what it read, and what others wrote meanwhile stays', async () => {
    await using own = await start(4);
    const updated = await own.configMaps.update('x', increment);
    expect(updated.data).toEqual({
      n: '1',
      'rival-0': 'was here',
      'rival-1': 'was here',
      'rival-2': 'was here',
      'rival-3': 'was here',
    });
    expect(own.stored()).toEqual(updated);
    expect(own.server.seen.map(({ method }) => method).join(' ')).toBe(Array(5).fill('GET PUT').join(' '));
  });

  it('gives up after five tries, and changed nothing', async () => {
    await using own = await start(100);
    await expect(own.configMaps.update('x', increment)).rejects.toMatchObject({ code: 'Conflict', status: 409 });
    expect(own.stored().data?.['n']).toBe('0');
    expect(own.server.seen.filter(({ method }) => method === 'PUT')).toHaveLength(5);
  });

  it('loses nothing when several do it at once', async () => {
    await using own = await start(0);
    await Promise.all(Array.from({ length: 4 }, () => own.configMaps.update('x', increment)));
    expect(own.stored().data?.['n']).toBe('4');
  });

  it('writes nothing when nothing changes', async () => {
    await using own = await start(0);
    await own.configMaps.update('x', () => undefined);
    expect(own.server.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  it('writes on the version it read, whatever the change says about it', async () => {
    await using own = await start(1);
    await own.configMaps.update('x', (object) => {
      increment(object);
      delete object.metadata;
      object.metadata = { name: 'x' };
    });
    expect(own.stored().data).toEqual({ n: '1', 'rival-0': 'was here' });
  });

  it('updates the status at its own place', async () => {
    await using own = await start(0);
    await own.configMaps.update('x', increment, { subresource: 'status' });
    expect(own.server.seen[1]?.url).toBe('/api/v1/namespaces/ci/configmaps/x/status?fieldManager=danube');
  });

  it('refuses a change that returns a new object, which would be lost', async () => {
    await using own = await start(0);
    const wrong = own.configMaps.update('x', (object) => ({ ...object, data: {} }) as never);
    await expect(wrong).rejects.toThrow('mutate: expected it to change the object in place');
    expect(own.server.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  it('passes on what the change throws, and ends with the signal', async () => {
    await using own = await start(100);
    await expect(own.configMaps.update('x', () => Promise.reject(new RangeError('no')))).rejects.toThrow('no');
    const stop = new AbortController();
    const stopped = own.configMaps.update(
      'x',
      (object) => {
        increment(object);
        stop.abort();
      },
      { signal: stop.signal },
    );
    await expect(stopped).rejects.toMatchObject({ code: 'Aborted' });
    expect(own.stored().data?.['n']).toBe('0');
  });
});
