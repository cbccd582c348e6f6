import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ExecStream, type Journal, readJournal, readJournalRange, type Run } from '../src/index.ts';
import { runLocally, startExecPeer } from '../src/testing/index.ts';
import { errorOf, shells, target, temporaryDirectory } from './support.ts';

async function collect(journal: Journal): Promise<{ stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' };
  for await (const { stream, data, offset } of journal) {
    expect(offset).toBe(output[stream].length);
    output[stream] += data.toString('latin1');
  }
  return output;
}

/** Reads all of it, acknowledges what it has, and says how much of the journal was there at the most. */
async function follow(journal: Journal, dir: string): Promise<{ sha: string; mostBytes: number }> {
  const hash = createHash('sha256');
  let mostBytes = 0;
  let chunks = 0;
  for await (const { stream, data, offset } of journal) {
    hash.update(data);
    journal.acknowledge({ [stream]: offset + data.length });
    if (chunks++ % 20 === 0) mostBytes = Math.max(mostBytes, await kept(dir));
  }
  return { sha: hash.digest('hex'), mostBytes: Math.max(mostBytes, await kept(dir)) };
}

/** Bytes of stdout that are in the journal now. */
async function kept(dir: string): Promise<number> {
  const files = (await readdir(dir)).filter((name) => /^out\.\d+$/.test(name));
  const sizes = await Promise.all(
    files.map((name) =>
      stat(`${dir}/${name}`).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const LINES = 400_000;
const lines = `i=0; while [ $i -lt ${LINES / 10} ]; do printf '${'line\\n'.repeat(10)}'; i=$((i+1)); done`;
const linesSha = createHash('sha256').update('line\n'.repeat(LINES)).digest('hex');
const PIPE_BYTES = 65_536;

describe.each(shells.map((shell) => [shell.join(' '), shell] as const))('a run in %s', (_, shell) => {
  it('starts and is read on one connection', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const stream = new ExecStream(peer.client);
    const spec = { id: 'a', dir: dir.path, run: 'echo out; echo err >&2; exit 3' };
    const run = stream.run(target, spec);
    expect(await run.started).toEqual({ state: 'started' });
    expect(await collect(run)).toEqual({ stdout: 'out\n', stderr: 'err\n' });
    expect(await run.exit).toMatchObject({ code: 3, reason: 'exit', bytes: { stdout: 4, stderr: 4 } });
    expect(peer.sessions).toHaveLength(1);
    const again = stream.run(target, spec);
    expect(await collect(again)).toEqual({ stdout: 'out\n', stderr: 'err\n' });
    expect(await again.started).toEqual({ state: 'exited' });
    // Nothing is left of the pipes.
    expect((await readdir(`${dir.path}/a`)).filter((name) => name.includes('wake'))).toEqual([]);
  });

  it('holds the command back until what was read is acknowledged, and never keeps more than the cap', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const spec = { id: 'full', dir: dir.path, run: lines, maxOutputBytes: 200_000 };
    const run = new ExecStream(peer.client).run(target, spec);
    await run.started;
    const path = `${dir.path}/full`;
    await expect(filled(path)).resolves.toBeGreaterThan(100_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await kept(path)).toBeLessThanOrEqual(200_000);
    const { sha, mostBytes } = await follow(run, path);
    expect(sha).toBe(linesSha);
    expect(mostBytes).toBeLessThanOrEqual(200_000 + PIPE_BYTES);
    expect(await run.exit).toMatchObject({ code: 0, bytes: { stdout: 5 * LINES } });
    expect(await errorOf(collect(new ExecStream(peer.client).attach(target, spec)))).toMatchObject({
      code: 'EXEC_FREED',
    });
    expect(await errorOf(collect(readJournal(spec)))).toMatchObject({ code: 'EXEC_FREED' });
  });

  it('lets a reader of the volume make room, too', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const spec = { id: 'volume', dir: dir.path, run: lines, maxOutputBytes: 200_000 };
    await new ExecStream(peer.client).start(target, spec);
    const journal = readJournal(spec);
    const { sha, mostBytes } = await follow(journal, `${dir.path}/volume`);
    expect(sha).toBe(linesSha);
    expect(mostBytes).toBeLessThanOrEqual(200_000 + PIPE_BYTES);
    expect((await journal.exit).incomplete).toBeUndefined();
  });

  it('goes on when the connection that started it is cut, and runs once', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const stream = new ExecStream(peer.client);
    const spec = { id: 'cut', dir: dir.path, run: `echo ran >> ${dir.path}/runs; echo a; sleep 0.6; echo b; exit 5` };
    const run = stream.run(target, spec);
    const seen: string[] = [];
    for await (const { data } of run) {
      seen.push(String(data));
      peer.sessions[0]?.reset();
    }
    expect(seen.join('')).toBe('a\nb\n');
    expect((await run.exit).code).toBe(5);
    expect(peer.sessions.length).toBeGreaterThan(1);
    expect(await readFile(`${dir.path}/runs`, 'utf8')).toBe('ran\n');
  });

  it('is let go without being ended', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const stream = new ExecStream(peer.client);
    const spec = { id: 'go', dir: dir.path, run: 'echo up; sleep 0.5; echo down; exit 6' };
    let run: Run;
    {
      await using letGo = stream.run(target, spec);
      await letGo.started;
      run = letGo;
    }
    expect(await errorOf(run.exit)).toMatchObject({ code: 'EXEC_ABORTED' });
    const journal = stream.attach(target, spec);
    expect((await collect(journal)).stdout).toBe('up\ndown\n');
    expect((await journal.exit).code).toBe(6);
  });
});

/** Waits until a journal has grown and stands still. */
async function filled(path: string): Promise<number> {
  for (let before = -1; ;) {
    const now = await kept(path);
    if (now === before && now > 0) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe('a run', () => {
  it('says what is wrong with a container that cannot take it', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    const run = new ExecStream(peer.client).run(target, { id: 'a', dir: '/proc/none', run: 'true' }, { retryForMs: 0 });
    expect((await errorOf(run.started)).message).toContain('/proc/none');
    expect((await errorOf(run.exit)).message).toContain('/proc/none');
  });

  it('is one run, however many begin it', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally() });
    const stream = new ExecStream(peer.client);
    const spec = { id: 'once', dir: dir.path, run: `echo ran >> ${dir.path}/runs; echo out; exit 2` };
    const runs = Array.from({ length: 12 }, () => stream.run(target, spec));
    const outputs = await Promise.all(runs.map(collect));
    expect(outputs).toEqual(runs.map(() => ({ stdout: 'out\n', stderr: '' })));
    const states = await Promise.all(runs.map(({ started }) => started));
    expect(states.filter(({ state }) => state === 'started')).toHaveLength(1);
    expect(await readFile(`${dir.path}/runs`, 'utf8')).toBe('ran\n');
  });

  it.each(['run', 'readJournal'] as const)('is told by %s that somebody watches', async (how) => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally() });
    const stream = new ExecStream(peer.client);
    const spec = { id: 'watched', dir: dir.path, run: 'echo up; sleep 60', orphanAfterMs: 10_000, graceMs: 0 };
    await stream.start(target, spec);
    const lease = (): Promise<string> => readFile(`${dir.path}/watched/lease`, 'utf8');
    expect(await lease()).toBe('0\n');
    const journal = how === 'run' ? stream.run(target, spec) : readJournal(spec);
    for await (const { data } of journal) {
      expect(String(data)).toBe('up\n');
      for (let tries = 0; tries < 200 && ['0\n', ''].includes(await lease()); tries++) await sleep(20);
      expect(await lease()).not.toBe('0\n');
      await stream.kill(target, spec, { graceMs: 0 });
    }
  });

  it('does not wait at its cap for a reader that stalls, if what is over it may be thrown away', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally() });
    const spec = { id: 'cut', dir: dir.path, run: 'echo first; head -c 3000000 /dev/zero; exit 4' };
    const capped = { ...spec, maxOutputBytes: 1_000_000, whenFull: 'truncate' as const };
    const run = new ExecStream(peer.client).run(target, capped);
    let bytes = 0;
    for await (const { data } of run) {
      // Not a byte more is read before the command has ended.
      if (bytes === 0)
        await readJournal({ ...spec, streams: [] })
          [Symbol.asyncIterator]()
          .next();
      bytes += data.length;
    }
    expect(bytes).toBe(1_000_000);
    expect(await run.exit).toMatchObject({ code: 4, bytes: { stdout: 1_000_000 }, incomplete: ['stdout'] });
  });

  it('gives a part of its journal by offset', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally() });
    const spec = { id: 'part', dir: dir.path, run: 'echo 0123456789' };
    await collect(new ExecStream(peer.client).run(target, spec));
    const range = { ...spec, stream: 'stdout', offset: 3, bytes: 4 } as const;
    expect(String(await readJournalRange(range))).toBe('3456');
    expect(await errorOf(readJournalRange({ ...range, bytes: 40 }))).toMatchObject({ code: 'EXEC_JOURNAL' });
  });
});
