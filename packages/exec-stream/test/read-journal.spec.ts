import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { link, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { discardJournal, type ExitRecord, readJournal } from '../src/index.ts';
import { errorOf, temporaryDirectory } from './support.ts';

const record = (stdout: number, stderr = 0): string =>
  JSON.stringify({
    code: 0,
    signal: null,
    reason: 'exit',
    bytes: { stdout, stderr },
    startedAt: '2026-01-01T00:00:00Z',
    durationMs: 1000,
  } satisfies Omit<ExitRecord, 'finishedAt'>);

async function drain(journal: AsyncIterable<{ data: Buffer }>): Promise<string> {
  let text = '';
  for await (const { data } of journal) text += data.toString();
  return text;
}

async function finish(dir: string, text: string): Promise<void> {
  await writeFile(`${dir}/exit.tmp`, text);
  await rename(`${dir}/exit.tmp`, `${dir}/exit.json`);
}

describe('the journal reader', () => {
  it('may come before the run, follows it, and ends at the recorded counts', async () => {
    await using dir = await temporaryDirectory();
    const journal = readJournal({ id: 'r', dir: dir.path });
    const reading = drain(journal);
    await new Promise((resolve) => setTimeout(resolve, 80));
    await mkdir(`${dir.path}/r`);
    for (const line of ['one\n', 'two\n', 'three\n']) {
      await writeFile(`${dir.path}/r/out.0`, line, { flag: 'a' });
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await writeFile(`${dir.path}/r/err.0`, 'e');
    await finish(`${dir.path}/r`, record(14, 1));
    expect((await reading).replace(/e$/, '')).toBe('one\ntwo\nthree\n');
    expect(await journal.exit).toMatchObject({
      bytes: { stdout: 14, stderr: 1 },
      finishedAt: '2026-01-01T00:00:01.000Z',
    });
  });

  it('goes on at the offsets it is given', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(`${dir.path}/r`);
    await writeFile(`${dir.path}/r/out.0`, '0123456789');
    await finish(`${dir.path}/r`, record(10));
    const chunks = [];
    for await (const chunk of readJournal({ id: 'r', dir: dir.path, offsets: { stdout: 7, stderr: 0 } }))
      chunks.push(chunk);
    expect(chunks).toEqual([{ stream: 'stdout', offset: 7, data: Buffer.from('789') }]);
  });

  it('can wait for the end without reading anything', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(`${dir.path}/r`);
    await writeFile(`${dir.path}/r/out.0`, '0123456789');
    const journal = readJournal({ id: 'r', dir: dir.path, streams: [] });
    const reading = drain(journal);
    await finish(`${dir.path}/r`, record(10));
    expect(await reading).toBe('');
    expect(await journal.exit).toMatchObject({ bytes: { stdout: 10 } });
  });

  it('sees a line within a few milliseconds', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(`${dir.path}/r`);
    await writeFile(`${dir.path}/r/out.0`, '');
    const reader = readJournal({ id: 'r', dir: dir.path })[Symbol.asyncIterator]();
    const next = reader.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const written = performance.now();
    await writeFile(`${dir.path}/r/out.0`, 'x', { flag: 'a' });
    expect(String(((await next).value as { data: Buffer }).data)).toBe('x');
    expect(performance.now() - written).toBeLessThan(200);
    await reader.return?.();
  });

  it('does not end when bytes are missing', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(`${dir.path}/r`);
    await writeFile(`${dir.path}/r/out.0`, 'abc');
    await finish(`${dir.path}/r`, record(4));
    const journal = readJournal({ id: 'r', dir: dir.path });
    expect(await errorOf(drain(journal))).toMatchObject({ code: 'EXEC_JOURNAL' });
    expect(await errorOf(journal.exit)).toMatchObject({ code: 'EXEC_JOURNAL' });
  });

  it('follows no link and reads no pipe that the command has put there', async () => {
    await using dir = await temporaryDirectory();
    await writeFile(`${dir.path}/secret`, 'secret');
    await mkdir(`${dir.path}/a`);
    await symlink(`${dir.path}/secret`, `${dir.path}/a/out.0`);
    await mkdir(`${dir.path}/b`);
    await link(`${dir.path}/secret`, `${dir.path}/b/err.0`);
    await symlink(`${dir.path}/b`, `${dir.path}/c`);
    await mkdir(`${dir.path}/d`);
    await symlink('/dev/zero', `${dir.path}/d/exit.json`);
    await mkdir(`${dir.path}/e`);
    execFileSync('mkfifo', [`${dir.path}/e/out.0`]);
    await mkdir(`${dir.path}/f/exit.json`, { recursive: true });
    await mkdir(`${dir.path}/g`);
    await writeFile(`${dir.path}/g/exit.json`, `{"pad":"${'x'.repeat(70_000)}"}`);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      expect(await errorOf(drain(readJournal({ id, dir: dir.path })))).toMatchObject({ code: 'EXEC_JOURNAL' });
    }
  });

  it('takes no other name for a part of the output than those a launcher gives', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(`${dir.path}/r`);
    await writeFile(`${dir.path}/r/out.0`, 'abc');
    await writeFile(`${dir.path}/r/err.0`, '');
    for (const name of ['out.01', 'out.1x', 'out.-1', 'out.9999999999999999', 'out.']) {
      await writeFile(`${dir.path}/r/${name}`, 'forged');
    }
    await finish(`${dir.path}/r`, record(3));
    const journal = readJournal({ id: 'r', dir: dir.path, offsets: { stdout: 1, stderr: 0 } });
    const chunks: string[] = [];
    for await (const { data } of journal) chunks.push(data.toString());
    expect(chunks).toEqual(['bc']);
  });

  it.each(['{', '[]', '{"code":0}', record(3).replace('"exit"', '"won"'), record(3).replace('3', '-3')])(
    'does not believe the record %s',
    async (text) => {
      await using dir = await temporaryDirectory();
      await mkdir(`${dir.path}/r`);
      await writeFile(`${dir.path}/r/out.0`, 'abc');
      await finish(`${dir.path}/r`, text);
      expect(await errorOf(drain(readJournal({ id: 'r', dir: dir.path })))).toMatchObject({ code: 'EXEC_JOURNAL' });
    },
  );

  it('stops at its signal', async () => {
    await using dir = await temporaryDirectory();
    const journal = readJournal({ id: 'r', dir: dir.path, signal: AbortSignal.timeout(50) });
    expect(await errorOf(drain(journal))).toMatchObject({ code: 'EXEC_ABORTED' });
  });

  it('listens to its signal once, however often it wakes', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(`${dir.path}/r`);
    const { signal } = new AbortController();
    const reading = drain(readJournal({ id: 'r', dir: dir.path, signal }));
    for (let index = 0; index < 15; index++) {
      await writeFile(`${dir.path}/r/out.0`, 'x', { flag: 'a' });
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
    }
    await finish(`${dir.path}/r`, record(15));
    expect(await reading).toHaveLength(15);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('tells who waits for the exit when the reader walks away', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(`${dir.path}/r`);
    await writeFile(`${dir.path}/r/out.0`, 'abc');
    const journal = readJournal({ id: 'r', dir: dir.path });
    for await (const chunk of journal) {
      expect(String(chunk.data)).toBe('abc');
      break;
    }
    expect(await errorOf(journal.exit)).toMatchObject({ code: 'EXEC_ABORTED' });
  });
});

describe('discardJournal', () => {
  it('removes the output of a run that has ended, and nothing else', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(`${dir.path}/r`);
    for (const name of ['out.0', 'out.10', 'err.0', 'out.end', 'outputs'])
      await writeFile(`${dir.path}/r/${name}`, 'x');
    await finish(`${dir.path}/r`, record(11, 1));
    await discardJournal({ id: 'r', dir: dir.path });
    await discardJournal({ id: 'r', dir: dir.path });
    expect((await readdir(`${dir.path}/r`)).sort()).toEqual(['exit.json', 'out.end', 'outputs']);
  });

  it('leaves a run alone that has not ended, and does not mind one that is not there', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(`${dir.path}/r`);
    await writeFile(`${dir.path}/r/out.0`, 'x');
    await discardJournal({ id: 'r', dir: dir.path });
    await discardJournal({ id: 'none', dir: dir.path });
    expect(await readdir(`${dir.path}/r`)).toEqual(['out.0']);
  });

  it('follows no link out of the control directory', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(`${dir.path}/victim`);
    await writeFile(`${dir.path}/victim/out.0`, 'x');
    await finish(`${dir.path}/victim`, record(1));
    await symlink(`${dir.path}/victim`, `${dir.path}/r`);
    expect(await errorOf(discardJournal({ id: 'r', dir: dir.path }))).toMatchObject({ code: 'EXEC_JOURNAL' });
    expect(await readdir(`${dir.path}/victim`)).toContain('out.0');
  });
});
