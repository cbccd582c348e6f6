import { describe, expect, it } from '@jest/globals';
import { ExecStream } from '../src/index.ts';
import { endHonestly, endMark, liars, startExecPeer } from '../src/testing/index.ts';
import { errorOf, target, text } from './support.ts';

const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

describe('a server that lies', () => {
  it.each(protocols.flatMap((protocol) => liars.map((liar) => ({ ...liar, protocol }))))(
    '$name gives no exit code over $protocol',
    async ({ session: behave, protocol }) => {
      await using peer = await startExecPeer({ session: behave, protocols: [protocol] });
      const session = new ExecStream(peer.client).exec(target, ['true']);
      session.stdout.resume();
      session.stderr.resume();
      const error = await errorOf(session.result);
      expect(error).toMatchObject({ retryable: false });
      expect(error.code).toMatch(/^EXEC_(EXIT_UNKNOWN|CONNECTION_LOST)$/);
    },
  );

  it.each(['reset', 'end', 1000, 1006, 1011] as const)(
    'that ends at any byte by %s gives no wrong end',
    async (how) => {
      const whole = { stdout: 'line\n'.repeat(4), stderr: 'word', code: 3 };
      let bytes = 0;
      await using peer = await startExecPeer({
        session: (session) => {
          session.cutAfter(bytes, how);
          endHonestly(session, whole);
        },
      });
      const stream = new ExecStream(peer.client);
      let proven = 0;
      // Each reset takes its time; every 13th byte is at frame ends, too: after the stdout (26), which is whole then.
      for (bytes = 0; bytes < 340; bytes += how === 'reset' ? 13 : 1) {
        const session = stream.exec(target, ['true']);
        const [stdout, stderr, code] = await Promise.all([
          text(session.stdout).catch(() => 'cut'),
          text(session.stderr).catch(() => 'cut'),
          session.result.then(
            (result) => result.code,
            () => 'unknown',
          ),
        ]);
        if (code === 'unknown') continue;
        // A close frame in the middle of a frame is payload of that frame: behind the end mark it can look like stderr of a background child.
        const said = typeof how === 'number' ? stderr.slice(0, whole.stderr.length) : stderr;
        expect({ bytes, stdout, stderr: said, code }).toEqual({ bytes, ...whole });
        proven++;
      }
      // Both marks and the status come before the last bytes, so some of the cuts harm nothing.
      expect(proven).toBeGreaterThan(0);
    },
  );

  it('may send everything at once', async () => {
    await using peer = await startExecPeer({
      session: (session) =>
        session.burst(() => {
          for (let piece = 0; piece < 64; piece++) session.stdout('x'.repeat(32 * 1024));
          endHonestly(session, { code: 4 });
        }),
    });
    const session = new ExecStream(peer.client).exec(target, ['true']);
    session.stderr.resume();
    expect((await text(session.stdout)).length).toBe(64 * 32 * 1024);
    expect(await session.result).toMatchObject({ code: 4, verified: true });
  });

  it('may cut its frames anywhere and say the status too early', async () => {
    await using peer = await startExecPeer({
      session: (s) => {
        s.hello();
        s.send(255, Buffer.from([1]));
        s.status(0);
        for (const byte of Buffer.from(`out\x1eDANUBE:${endMark(s)}`)) s.stdout(Buffer.from([byte]));
        s.stderr(endMark(s));
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
          s.stdout(endMark(s));
          s.stderr(endMark(s));
          s.exit(0);
        }
      },
    });
    const session = new ExecStream(peer.client).exec(target, ['true'], { retryForMs: 5_000 });
    expect((await session.result).code).toBe(0);
    expect(tries).toBe(4);
  });

  it('is asked again when an API server that has just started denies what it will allow', async () => {
    let tries = 0;
    const body = { message: 'pods "pod" is forbidden: User "u" cannot get resource "pods/exec": RBAC: role not found' };
    await using peer = await startExecPeer({
      refuse: () => (++tries < 3 ? { status: 403, body } : undefined),
      session: (s) => endHonestly(s),
    });
    const session = new ExecStream(peer.client).exec(target, ['true'], { retryForMs: 5_000 });
    expect((await session.result).code).toBe(0);
    expect(tries).toBe(3);
    tries = -100;
    const denied = new ExecStream(peer.client).exec(target, ['true'], { retryForMs: 300 });
    expect(await errorOf(denied.result)).toMatchObject({ code: 'EXEC_REFUSED', status: 403 });
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
