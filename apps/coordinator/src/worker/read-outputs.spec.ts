import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outputs, parseOutputs, readOutputs } from './read-outputs.ts';

/** Reads the outputs of a run after `prepare` has filled its directory. */
const read = async (prepare: (runDir: string, dir: string) => Promise<unknown>): Promise<Outputs | undefined> => {
  const dir = await mkdtemp(join(tmpdir(), 'danube-outputs-'));
  try {
    await mkdir(join(dir, 'run'));
    await prepare(join(dir, 'run'), dir);
    return await readOutputs(join(dir, 'run'));
  } finally {
    await rm(dir, { recursive: true });
  }
};

describe('readOutputs', () => {
  it('reads what was written, and nothing when nothing was', async () => {
    expect(await read((run) => writeFile(join(run, 'outputs'), 'a=1\n'))).toEqual({ values: { a: '1' } });
    expect(await read(() => Promise.resolve())).toBeUndefined();
  });

  it('follows no link, waits for no pipe, and reads no file that has another name too', async () => {
    const elsewhere = (dir: string) => writeFile(join(dir, 'elsewhere'), 'token=of-the-coordinator\n');
    const cases: ((run: string, dir: string) => Promise<unknown>)[] = [
      async (run, dir) => (await elsewhere(dir), symlink(join(dir, 'elsewhere'), join(run, 'outputs'))),
      async (run, dir) => (await elsewhere(dir), link(join(dir, 'elsewhere'), join(run, 'outputs'))),
      async (run) => execFileSync('mkfifo', [join(run, 'outputs')]),
      (run) => mkdir(join(run, 'outputs')),
      async (run, dir) => {
        await rm(run, { recursive: true });
        await mkdir(join(dir, 'other'));
        await writeFile(join(dir, 'other/outputs'), 'a=1\n');
        await symlink(join(dir, 'other'), run);
      },
    ];
    for (const prepare of cases) expect(await read(prepare)).toEqual({ problem: expect.stringMatching(/^they /) });
  });

  it('reads at most 64 KiB', async () => {
    const sized = (bytes: number) => read((run) => writeFile(join(run, 'outputs'), `a=${'x'.repeat(bytes - 2)}`));
    expect(await sized(65_536)).toEqual({ values: { a: 'x'.repeat(65_534) } });
    expect(await sized(65_537)).toEqual({ problem: 'they are longer than 65536 bytes' });
  });
});

describe('parseOutputs', () => {
  it.each<{ of: string; text: string | Buffer; want: Outputs }>([
    { of: 'nothing', text: '', want: { values: {} } },
    { of: 'lines, with and without an end', text: 'a=1\n\nb=2', want: { values: { a: '1', b: '2' } } },
    { of: 'the last of one name', text: 'a=1\na=2\n', want: { values: { a: '2' } } },
    { of: 'all to the end of the line', text: 'url=x?y=z $(id) `id`\n', want: { values: { url: 'x?y=z $(id) `id`' } } },
    { of: 'nothing for a name', text: 'a=\r\n', want: { values: { a: '' } } },
    {
      of: 'a name of objects',
      text: '__proto__=x\n',
      want: { values: JSON.parse('{"__proto__":"x"}') as Record<string, string> },
    },
    { of: 'a line that is none', text: 'a=1\nnonsense\n', want: { problem: 'line 2 is not name=value' } },
    { of: 'a name that is none', text: '1a=x\n', want: { problem: 'line 1 is not name=value' } },
    { of: 'bytes that are no text', text: Buffer.from([0x61, 0x3d, 0xff]), want: { problem: 'they are not text' } },
  ])('reads $of', ({ text, want }) => {
    expect(parseOutputs(Buffer.from(text as string))).toEqual(want);
  });
});
