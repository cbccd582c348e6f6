import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ExecClient, ExecStream } from '../src/index.ts';
import { runLocally, startExecPeer } from '../src/testing/index.ts';
import { errorOf, shells, target, text } from './support.ts';

const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

describe.each(protocols)('plain exec over %s', (protocol) => {
  describe.each(shells.map((shell) => [shell.join(' '), shell] as const))('in %s', (_, shell) => {
    it('gives both streams apart and a proven exit code', async () => {
      await using peer = await startExecPeer({ session: runLocally({ shell }) });
      const session = new ExecStream(peer.client, { protocols: [protocol] }).exec(target, [
        'sh',
        '-c',
        'echo out; echo err >&2; printf no-newline; exit 7',
      ]);
      const [stdout, stderr, result] = await Promise.all([text(session.stdout), text(session.stderr), session.result]);
      expect({ stdout, stderr }).toEqual({ stdout: 'out\nno-newline', stderr: 'err\n' });
      expect(result).toMatchObject({
        code: 7,
        signal: null,
        reason: 'exit',
        verified: true,
        bytes: { stdout: 14, stderr: 4 },
      });
      expect(session.protocol).toBe(protocol);
    });

    it('tells a death by signal from an exit with the same number', async () => {
      await using peer = await startExecPeer({ session: runLocally({ shell }) });
      const stream = new ExecStream(peer.client, { protocols: [protocol] });
      const killed = stream.exec(target, ['sh', '-c', 'kill -KILL $$']);
      const exited = stream.exec(target, ['sh', '-c', 'exit 137']);
      expect(await killed.result).toMatchObject({ code: null, signal: 'SIGKILL', verified: true });
      expect(await text(killed.stderr)).toBe('');
      expect(await exited.result).toMatchObject({ code: 137, signal: null, verified: true });
    });

    it('says 127 for a command that is not there, with the words of the shell', async () => {
      await using peer = await startExecPeer({ session: runLocally({ shell }) });
      const session = new ExecStream(peer.client, { protocols: [protocol] }).exec(target, ['no-such-program']);
      expect(await session.result).toMatchObject({ code: 127, verified: true });
      expect(await text(session.stderr)).toMatch(/no-such-program.*not found/);
    });
  });

  it('hands a line on before the next one is written', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    const session = new ExecStream(peer.client, { protocols: [protocol] }).exec(
      target,
      ['sh', '-c', 'echo first; read x; echo second'],
      {
        stdin: true,
      },
    );
    const lines = session.stdout[Symbol.asyncIterator]();
    expect(String((await lines.next()).value)).toBe('first\n');
    session.stdin?.write('go\n');
    expect(String((await lines.next()).value)).toBe('second\n');
    expect((await session.result).code).toBe(0);
  });

  it('gives up at the time limit and ends the command with all its children', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    const session = new ExecStream(peer.client, { protocols: [protocol] }).exec(
      target,
      ['sh', '-c', 'setsid sh -c "trap : TERM; echo up; while :; do sleep 1; done" & wait'],
      { timeoutMs: 400, graceMs: 100 },
    );
    expect(await errorOf(session.result)).toMatchObject({ code: 'EXEC_TIMEOUT', survivors: 0, started: 'yes' });
    expect(await text(session.stdout)).toBe('up\n');
  });
});

describe('plain exec', () => {
  it('goes through the proxy that all other requests go through', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    let tunnels = 0;
    const client: ExecClient = {
      upgradeRequest: async (request) => {
        const upgrade = await peer.client.upgradeRequest(request);
        const tunnel = async (): Promise<Socket> => {
          tunnels += 1;
          const socket = connect(Number(upgrade.url.port), '127.0.0.1');
          await once(socket, 'connect');
          return socket;
        };
        // Only the tunnel leads there: what dials the address itself fails.
        return {
          ...upgrade,
          url: new URL(upgrade.url.href.replace(/127\.0\.0\.1|localhost/, 'server.invalid')),
          tunnel,
        };
      },
    };
    const session = new ExecStream(client).exec(target, ['echo', 'through']);
    expect(await text(session.stdout)).toBe('through\n');
    expect(tunnels).toBe(1);
  });

  it('says that nothing was started when the proxy refuses', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    const client: ExecClient = {
      upgradeRequest: async (request) => ({
        ...(await peer.client.upgradeRequest(request)),
        tunnel: () => Promise.reject(new Error('the proxy said 407')),
      }),
    };
    const error = await errorOf(new ExecStream(client).exec(target, ['true']).result);
    expect(error).toMatchObject({ code: 'EXEC_CONNECT_FAILED', started: 'no' });
    expect(error.message).toContain('the proxy said 407');
  });

  it('sends stdin byte for byte and ends it on v5', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    const input = Buffer.alloc(300_000, 'abcdefgh\n');
    const session = new ExecStream(peer.client).exec(target, ['wc', '-c'], { stdin: input });
    expect((await text(session.stdout)).trim()).toBe('300000');
    expect((await session.result).code).toBe(0);
  });

  it('says clearly that v4 cannot end stdin', async () => {
    await using peer = await startExecPeer({ session: runLocally(), protocols: ['v4.channel.k8s.io'] });
    const session = new ExecStream(peer.client).exec(target, ['cat'], { stdin: 'x' });
    expect(await errorOf(session.result)).toMatchObject({ code: 'EXEC_STDIN_EOF', started: 'yes' });
  });

  it('takes the word of the server only when it is told to', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    const session = new ExecStream(peer.client).exec(target, ['echo', 'hi'], { verify: 'none' });
    expect(await text(session.stdout)).toBe('hi\n');
    expect(await session.result).toMatchObject({ code: 0, verified: false });
  });

  it('stops on abort while the client still looks for its credentials', async () => {
    const client: ExecClient = { upgradeRequest: () => new Promise(() => undefined) };
    const controller = new AbortController();
    const session = new ExecStream(client).exec(target, ['true'], { signal: controller.signal });
    const timed = new ExecStream(client).exec(target, ['true'], { timeoutMs: 50 });
    controller.abort();
    expect(await errorOf(session.result)).toMatchObject({ code: 'EXEC_ABORTED' });
    expect(await errorOf(timed.result)).toMatchObject({ code: 'EXEC_TIMEOUT' });
  });

  it('stops on abort and says whether the command is gone', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    const controller = new AbortController();
    const session = new ExecStream(peer.client).exec(target, ['sh', '-c', 'echo up; sleep 60'], {
      signal: controller.signal,
    });
    session.stdout.once('data', () => controller.abort());
    expect(await errorOf(session.result)).toMatchObject({ code: 'EXEC_ABORTED', survivors: 0 });
  });

  it('stops the command while nobody reads, and loses nothing', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    const session = new ExecStream(peer.client).exec(target, ['sh', '-c', 'head -c 50000000 /dev/zero']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(session.stdout.readableLength).toBeLessThan(3_000_000);
    let bytes = 0;
    for await (const chunk of session.stdout as AsyncIterable<Buffer>) bytes += chunk.length;
    expect(bytes).toBe(50_000_000);
    expect((await session.result).verified).toBe(true);
  });

  it('does not let the exec end on the server before its reader has fetched all of it', async () => {
    let ends = 0;
    await using peer = await startExecPeer({
      session: (session) => {
        const exit = session.exit.bind(session);
        session.exit = (end) => {
          ends++;
          exit(end);
        };
        runLocally()(session);
      },
    });
    const session = new ExecStream(peer.client).exec(target, ['sh', '-c', 'head -c 1500000 /dev/zero; exit 6']);
    // All of it fits into the buffers on the way, so nothing but the reader keeps the command's shell.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(ends).toBe(0);
    expect((await text(session.stdout)).length).toBe(1_500_000);
    expect(await session.result).toMatchObject({ code: 6, verified: true });
    for (let tries = 0; tries < 50 && ends === 0; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ends).toBe(1);
  });

  it('lets the server say how it ends when it lost the end of one stream', async () => {
    await using peer = await startExecPeer({
      session: (session) => {
        session.stdout = () => true;
        runLocally()(session);
      },
    });
    const session = new ExecStream(peer.client).exec(target, ['sh', '-c', 'echo out']);
    expect(await errorOf(session.result)).toMatchObject({ code: 'EXEC_EXIT_UNKNOWN' });
  });
});
