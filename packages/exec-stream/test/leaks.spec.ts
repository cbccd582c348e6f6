import { readdir } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { ExecStream, readJournal } from '../src/index.ts';
import { type PeerSession, startExecPeer } from '../src/testing/index.ts';
import { target, temporaryDirectory } from './support.ts';

const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length;

/** Ends a session in one of the ways sessions end. */
function end(session: PeerSession, way: number): void {
  const mark = `\x1eDANUBE:${session.request.argv[3] ?? ''}:e0\n`;
  session.hello();
  session.stdout(`out${way % 2 === 0 ? mark : ''}`);
  session.stderr(mark);
  if (way === 0) session.exit(0);
  else if (way === 1) session.exit({ message: 'internal error' });
  else if (way === 2) session.reset();
  else session.close();
}

describe('a thousand sessions', () => {
  it('leave no descriptor, socket or listener behind, however they end', async () => {
    let count = 0;
    await using peer = await startExecPeer({ session: (session) => end(session, count++ % 4) });
    const stream = new ExecStream(peer.client);
    const { signal } = new AbortController();
    const run = async (): Promise<void> => {
      const session = stream.exec(target, ['true'], { signal, timeoutMs: 60_000 });
      session.stdout.resume();
      session.stderr.resume();
      await session.result.catch(() => undefined);
    };
    await run();
    const before = await descriptors();
    for (let batch = 0; batch < 50; batch++) await Promise.all(Array.from({ length: 20 }, run));
    for (let tries = 0; tries < 50 && peer.openSockets > 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(peer.sessions.length).toBe(1001);
    expect(peer.openSockets).toBe(0);
    expect(await descriptors()).toBeLessThanOrEqual(before);
  });

  it('that are aborted at once leave nothing behind either', async () => {
    await using peer = await startExecPeer({ session: () => undefined });
    const stream = new ExecStream(peer.client);
    const before = await descriptors();
    for (let batch = 0; batch < 20; batch++) {
      const controller = new AbortController();
      const sessions = Array.from({ length: 10 }, () =>
        stream.exec(target, ['true'], { signal: controller.signal, verify: 'none' }),
      );
      setTimeout(() => controller.abort(), batch % 5);
      await Promise.allSettled(sessions.map(({ result }) => result));
    }
    for (let tries = 0; tries < 100 && peer.openSockets > 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(peer.openSockets).toBe(0);
    // The listening socket of the peer was there before.
    expect(await descriptors()).toBeLessThanOrEqual(before);
  });

  it('and journals close their files', async () => {
    await using dir = await temporaryDirectory();
    const before = await descriptors();
    for (let index = 0; index < 200; index++) {
      const journal = readJournal({ id: 'r', dir: dir.path, signal: AbortSignal.abort() });
      await expect(journal[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'EXEC_ABORTED' });
    }
    expect(await descriptors()).toBeLessThanOrEqual(before);
  });
});
