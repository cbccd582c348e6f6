import { describe, expect, it } from '@jest/globals';
import { json, startServer } from '../../test/support/test-server.ts';
import { ApiError } from '../errors/api-error.ts';
import { KubeClient } from '../kube-client.ts';
import { failing } from './intercept.ts';

const forbidden = () => new ApiError('Forbidden', { status: 403 });

describe('failing', () => {
  it('lets one verb on one resource fail as often as asked, and the rest pass', async () => {
    await using server = await startServer((_request, response) =>
      json(response, { metadata: { name: 'x' }, items: [] }),
    );
    const intercept = failing({ verb: 'create', resource: 'pods', times: 1, fail: forbidden });
    await using client = new KubeClient({ server: server.url }, { intercept });
    const pods = client.pods('ci');
    await expect(pods.create({ metadata: { name: 'x' } })).rejects.toMatchObject({ code: 'Forbidden' });
    expect(server.seen).toHaveLength(0);
    await pods.create({ metadata: { name: 'x' } });
    await pods.get('x');
    await client.configMaps('ci').create({ metadata: { name: 'x' } });
    expect(server.seen.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST']);
  });

  it('reaches watches, and tells the call to whoever makes the error', async () => {
    const calls: unknown[] = [];
    const fail = (call: unknown) => {
      calls.push(call);
      return forbidden();
    };
    await using client = new KubeClient(
      { server: 'http://127.0.0.1:1' },
      { intercept: failing({ verb: 'watch', fail }) },
    );
    const watching = (async () => {
      for await (const event of client.pods('ci').watch({ resourceVersion: '1' })) return event;
      return 'ended';
    })();
    await expect(watching).rejects.toMatchObject({ code: 'Forbidden' });
    expect(calls).toEqual([{ verb: 'watch', resource: 'pods', namespace: 'ci' }]);
  });
});
