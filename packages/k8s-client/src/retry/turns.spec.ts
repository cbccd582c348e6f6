import { describe, expect, it } from '@jest/globals';
import { json, startServer } from '../../test/support/test-server.ts';
import { until } from '../../test/support/until.ts';
import { KubeClient } from '../kube-client.ts';

/** A server that answers when it is told to. */
const startSlow = async () => {
  const answers: (() => void)[] = [];
  const server = await startServer(({ url }, response) => {
    if (url.includes('watch')) response.writeHead(200).write('{}');
    else answers.push(() => json(response, { items: [] }));
  });
  return { ...server, answers, [Symbol.asyncDispose]: server.close };
};

describe('maxInFlight', () => {
  it('holds back reads and writes, each by their own number', async () => {
    await using server = await startSlow();
    await using client = new KubeClient({ server: server.url }, { maxInFlight: { reading: 2, mutating: 1 } });
    const maps = client.configMaps('ci');
    const calls = [
      ...Array.from({ length: 5 }, () => maps.list()),
      ...Array.from({ length: 3 }, () => maps.create({ metadata: { generateName: 'x' } })),
    ];
    await until(() => server.answers.length === 3);
    let answered = 0;
    while (answered < 8) {
      await until(() => server.answers.length > 0);
      // Never more than two reads and one write wait for their answer.
      expect(server.answers.length).toBeLessThanOrEqual(3);
      server.answers.shift()?.();
      answered += 1;
    }
    await Promise.all(calls);
    expect(server.seen.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  it('lets a call that waits too long fail without having sent anything, and those behind it go on', async () => {
    await using server = await startSlow();
    await using client = new KubeClient({ server: server.url }, { maxInFlight: { reading: 1 } });
    const first = client.version();
    await until(() => server.answers.length === 1);
    const late = client.version({ timeoutMs: 30 });
    const behind = client.version();
    await expect(late).rejects.toMatchObject({ code: 'Timeout', phase: 'queue', sent: false, maybeApplied: false });
    await expect(client.version({ signal: AbortSignal.timeout(10) })).rejects.toMatchObject({ code: 'Aborted' });
    server.answers.shift()?.();
    await until(() => server.answers.length === 1);
    server.answers.shift()?.();
    await Promise.all([first, behind]);
    expect(server.seen).toHaveLength(2);
  });

  it('does not count streams', async () => {
    await using server = await startSlow();
    await using client = new KubeClient({ server: server.url }, { maxInFlight: { reading: 1 } });
    const stream = await client.stream({ method: 'GET', path: '/watch' });
    const call = client.version();
    await until(() => server.answers.length === 1);
    server.answers.shift()?.();
    await call;
    await stream.body.return?.();
  });

  it('refuses numbers that let nothing through', () => {
    const make = (maxInFlight: object) => () => new KubeClient({ server: 'http://x' }, { maxInFlight });
    expect(make({ reading: 0 })).toThrow('maxInFlight.reading: expected a whole number');
    expect(make({ mutating: 1.5 })).toThrow('maxInFlight.mutating: expected a whole number');
  });
});
