import { describe, expect, it } from '@jest/globals';
import { ExecStream } from '../src/index.ts';
import { decodeSession, endHonestly, startExecPeer, startExecTap } from '../src/testing/index.ts';
import { errorOf, target, text } from './support.ts';

const withoutTimes = (decoded: string): string[] =>
  decoded.split('\n').map((line) => line.slice(line.search(/client|server/)));

describe('a tap', () => {
  it('shows a session line by line, and no credentials', async () => {
    await using peer = await startExecPeer({
      session: (session) => session.on('stdinEnd', () => endHonestly(session, { stdout: 'hello\n', code: 3 })),
    });
    const secret = {
      upgradeRequest: async (request: Parameters<typeof peer.client.upgradeRequest>[0]) => ({
        ...(await peer.client.upgradeRequest(request)),
        headers: { authorization: 'Bearer TOKEN' },
      }),
    };
    await using tap = await startExecTap(secret);
    const session = new ExecStream(tap.client).exec(target, ['true'], { stdin: 'typed', verify: 'none' });
    session.stderr.resume();
    expect(await text(session.stdout)).toContain('hello\n');
    expect((await session.result).code).toBe(3);
    expect(peer.sessions[0]?.request.headers.authorization).toBe('Bearer TOKEN');

    const lines = withoutTimes(decodeSession(tap.captures[0]!));
    expect(lines.slice(0, 8)).toEqual([
      'client  GET /api/v1/namespaces/ns/pods/pod/exec?container=worker&command=true&stdin=true&stdout=true&stderr=true, v5.channel.k8s.io, v4.channel.k8s.io',
      'server  101 Switching Protocols, v5.channel.k8s.io',
      'client  stdin "typed"',
      'client  end of channel 0',
      'server  stdout, empty',
      'server  stdout "hello\\n"',
      'server  stderr "\\u001eDANUBE::e3\\n"',
      'server  stdout "\\u001eDANUBE::e3\\n"',
    ]);
    expect(lines).toContain('server  status: exit code 3');
    expect(lines).toContain('server  close 1000');
    expect(lines.join('\n')).not.toContain('TOKEN');
  });

  it('shows a refusal, and what was cut', async () => {
    await using peer = await startExecPeer({
      session: (session) => {
        session.cutAfter(9, 'end');
        session.stdout('a long line that is cut');
      },
      refuse: ({ url }) => (url?.includes('forbidden') ? { status: 403, body: { message: 'no' } } : undefined),
    });
    await using tap = await startExecTap(peer.client);
    const stream = new ExecStream(tap.client);
    expect(await errorOf(stream.exec(target, ['forbidden']).result)).toMatchObject({ code: 'EXEC_REFUSED' });
    expect(await errorOf(stream.exec(target, ['true']).result)).toMatchObject({ code: 'EXEC_CONNECTION_LOST' });
    expect(withoutTimes(decodeSession(tap.captures[0]!))).toContain('server  403 Refused');
    const cut = withoutTimes(decodeSession(tap.captures[1]!));
    expect(cut).toContain('server  ends');
    expect(cut.at(-1)).toBe('server  9 bytes of something that did not come to its end');
  });

  it('passes a large output on without keeping it when asked', async () => {
    await using peer = await startExecPeer({
      session: (session) => endHonestly(session, { stdout: 'x'.repeat(5_000_000), code: 1 }),
    });
    await using tap = await startExecTap(peer.client, { keep: false });
    const session = new ExecStream(tap.client).exec(target, ['true']);
    session.stderr.resume();
    expect((await text(session.stdout)).length).toBe(5_000_000);
    expect(await session.result).toMatchObject({ code: 1, verified: true });
    expect(tap.captures).toEqual([[]]);
  });
});
