import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSecrets } from './read-secrets.ts';

const declared = { TOKEN: { secret: 'npm', key: 'token' } };

const read = async (value?: string | Buffer): Promise<ReadonlyMap<string, string>> => {
  const dir = await mkdtemp(join(tmpdir(), 'danube-secrets-'));
  try {
    if (value !== undefined) await writeFile(join(dir, 'TOKEN'), value);
    return await readSecrets(dir, declared);
  } finally {
    await rm(dir, { recursive: true });
  }
};

describe('readSecrets', () => {
  it('gives each value as it is', async () => {
    expect(await read('a value of\ntwo lines\n')).toEqual(new Map([['TOKEN', 'a value of\ntwo lines\n']]));
  });

  it('reads nothing when a pipeline declares nothing', async () => {
    expect(await readSecrets('/nowhere', undefined)).toEqual(new Map());
  });

  it.each([
    ['a short one', 'hunter2', /TOKEN: it is shorter than 8 bytes, and hiding it would hide too much else in the log$/],
    ['a short one in blanks', '  hunter2 \n\n', /TOKEN: it is shorter than 8 bytes/],
    ['one that is no text', Buffer.alloc(20, 0xff), /TOKEN: it is not text/],
    ['one with NUL', 'twelve\0bytes', /TOKEN: it is not text/],
    ['a huge one', 'x'.repeat(70_000), /TOKEN: it is longer than 65536 bytes$/],
    ['one that is not there', undefined, /TOKEN: .*ENOENT/],
  ])('refuses %s, by its name and without its value', async (_name, value, message) => {
    const error = await read(value).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SECRETS', message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('hunter2');
  });
});
