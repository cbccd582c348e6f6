import { describe, expect, it } from '@jest/globals';
import { ExecStream } from '../src/index.ts';
import { type PeerSession, startExecPeer } from '../src/testing/index.ts';
import { errorOf, target, text } from './support.ts';

/** The random number that the client put into this command. */
const nonceOf = (session: PeerSession): string => session.request.argv[3]!;
const mark = (session: PeerSession, how: string): string => `\x1eDANUBE:${nonceOf(session)}:${how}\n`;

const liars: { name: string; session: (session: PeerSession) => void; code: string }[] = [
  {
    name: 'Success after cut output',
    code: 'EXEC_EXIT_UNKNOWN',
    session: (s) => {
      s.stdout('half a li');
      s.exit(0);
    },
  },
  {
    name: 'Success with the end mark on one stream only',
    code: 'EXEC_EXIT_UNKNOWN',
    session: (s) => {
      s.stdout(`out${mark(s, 'e0')}`);
      s.exit(0);
    },
  },
  {
    name: 'Success with different codes on the streams',
    code: 'EXEC_EXIT_UNKNOWN',
    session: (s) => {
      s.stdout(mark(s, 'e0'));
      s.stderr(mark(s, 'e1'));
      s.exit(0);
    },
  },
  {
    name: 'a cut end mark',
    code: 'EXEC_EXIT_UNKNOWN',
    session: (s) => {
      s.stdout(mark(s, 'e0').slice(0, -2));
      s.exit(0);
    },
  },
  {
    name: 'no status, close 1000',
    code: 'EXEC_CONNECTION_LOST',
    session: (s) => {
      s.stdout('x');
      s.close(1000);
    },
  },
  { name: 'no status, close 1011', code: 'EXEC_CONNECTION_LOST', session: (s) => s.close(1011) },
  { name: 'no status, end of TCP', code: 'EXEC_CONNECTION_LOST', session: (s) => s.close() },
  {
    name: 'a reset',
    code: 'EXEC_CONNECTION_LOST',
    session: (s) => {
      s.stdout('x');
      setTimeout(() => s.reset(), 20);
    },
  },
  {
    name: 'a malformed status',
    code: 'EXEC_EXIT_UNKNOWN',
    session: (s) => {
      s.send(3, '{"status":');
      s.close(1000);
    },
  },
  {
    name: 'an empty status',
    code: 'EXEC_CONNECTION_LOST',
    session: (s) => {
      s.send(3, '');
      s.close(1000);
    },
  },
  {
    name: 'a status of another kind',
    code: 'EXEC_EXIT_UNKNOWN',
    session: (s) => {
      s.send(3, '[]');
      s.close(1000);
    },
  },
  {
    name: 'a failure without exit code in mid-run',
    code: 'EXEC_EXIT_UNKNOWN',
    session: (s) => {
      s.stdout('x');
      s.exit({ message: 'container not found ("worker")' });
    },
  },
];

describe('a server that lies', () => {
  it.each(liars)('$name gives no exit code', async ({ session: behave, code }) => {
    await using peer = await startExecPeer({ session: behave });
    const session = new ExecStream(peer.client).exec(target, ['true']);
    session.stdout.resume();
    session.stderr.resume();
    expect(await errorOf(session.result)).toMatchObject({ code, retryable: false });
  });

  it('may cut its frames anywhere and say the status too early', async () => {
    await using peer = await startExecPeer({
      session: (s) => {
        s.hello();
        s.send(255, Buffer.from([1]));
        s.status(0);
        for (const byte of Buffer.from(`out\x1eDANUBE:${mark(s, 'e0')}`)) s.stdout(Buffer.from([byte]));
        s.stderr(mark(s, 'e0'));
        s.close(1000);
      },
    });
    const session = new ExecStream(peer.client).exec(target, ['true']);
    expect(await text(session.stdout)).toBe('out\x1eDANUBE:');
    expect(await session.result).toMatchObject({ code: 0, verified: true });
  });

  it('is not believed on exit code 0 by v4 either', async () => {
    await using peer = await startExecPeer({ session: (s) => s.exit(0), protocols: ['v4.channel.k8s.io'] });
    const session = new ExecStream(peer.client).exec(target, ['true']);
    expect(await errorOf(session.result)).toMatchObject({ code: 'EXEC_EXIT_UNKNOWN' });
  });
});

describe('a refused exec', () => {
  const refusals = [
    {
      status: 403,
      body: { message: 'pods "pod" is forbidden' },
      code: 'EXEC_REFUSED',
      says: /is forbidden.*get.*create/,
    },
    { status: 404, body: { message: 'pods "pod" not found' }, code: 'EXEC_REFUSED', says: /not found/ },
    {
      status: 500,
      body: { message: 'error dialing backend: dial tcp: refused' },
      code: 'EXEC_CONNECT_FAILED',
      says: /error dialing backend/,
    },
    { status: 500, body: 'plain words', code: 'EXEC_REFUSED', says: /HTTP 500/ },
    { status: 429, body: 'slow down', code: 'EXEC_CONNECT_FAILED', says: /HTTP 429/ },
    { status: 400, body: { message: 'pod pod does not have a host assigned' }, code: 'EXEC_NOT_READY', says: /host/ },
  ];

  it.each(refusals)('$status says what the server said', async ({ status, body, code, says }) => {
    await using peer = await startExecPeer({ session: () => undefined, refuse: () => ({ status, body }) });
    const error = await errorOf(new ExecStream(peer.client).exec(target, ['true']).result);
    expect(error).toMatchObject({ code, status, started: 'no' });
    expect(error.message).toMatch(says);
    expect(error.message).not.toContain('command=');
    for (let tries = 0; tries < 20 && peer.openSockets > 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(peer.openSockets).toBe(0);
  });

  it('is tried again while the container is not there yet', async () => {
    let tries = 0;
    await using peer = await startExecPeer({
      session: (s) => {
        s.hello();
        if (++tries < 4) s.exit({ message: 'unable to upgrade connection: container not found ("worker")' });
        else {
          s.stdout(mark(s, 'e0'));
          s.stderr(mark(s, 'e0'));
          s.exit(0);
        }
      },
    });
    const session = new ExecStream(peer.client).exec(target, ['true'], { retryForMs: 5_000 });
    expect((await session.result).code).toBe(0);
    expect(tries).toBe(4);
  });

  it('says what to do about an image without sh', async () => {
    const message = 'OCI runtime exec failed: exec failed: exec: "sh": executable file not found in $PATH: unknown';
    await using peer = await startExecPeer({ session: (s) => s.exit({ message }) });
    const error = await errorOf(new ExecStream(peer.client).exec(target, ['true']).result);
    expect(error).toMatchObject({ code: 'EXEC_START_FAILED', started: 'no' });
    expect(error.message).toContain("verify: 'none'");
  });

  it('is not tried again without being asked', async () => {
    await using peer = await startExecPeer({ session: (s) => s.exit({ message: 'container not found ("worker")' }) });
    const error = await errorOf(new ExecStream(peer.client).exec(target, ['true']).result);
    expect(error).toMatchObject({ code: 'EXEC_NOT_READY', started: 'no', retryable: true });
    expect(peer.sessions).toHaveLength(1);
  });
});
