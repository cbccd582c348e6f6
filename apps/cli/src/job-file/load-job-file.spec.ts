import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CliError, errorLines } from '../errors.ts';
import { loadJobFile, parseJobText } from './load-job-file.ts';

const good = `# a comment
id: ci
workerImage: busybox:1.36
steps:
  - name: one
    run: echo 1
`;

const linesOf = (text: string): readonly string[] => {
  try {
    parseJobText('ci.yaml', text);
    return [];
  } catch (error) {
    return errorLines(error);
  }
};

describe('parseJobText', () => {
  it('reads YAML', () => {
    expect(parseJobText('ci.yaml', good)).toEqual({
      id: 'ci',
      workerImage: 'busybox:1.36',
      steps: [{ name: 'one', run: 'echo 1' }],
    });
  });

  it('reads JSON, also when it is indented by tabs', () => {
    const pipeline = { id: 'ci', workerImage: 'a', steps: [{ name: 'one', run: ['echo', '1'] }] };
    expect(parseJobText('ci.json', JSON.stringify(pipeline, null, '\t'))).toEqual(pipeline);
  });

  it('reads a file that begins with a byte order mark and ends its lines with CR LF', () => {
    expect(parseJobText('ci.yaml', `\uFEFF${good.replaceAll('\n', '\r\n')}`).id).toBe('ci');
  });

  it('follows anchors and aliases', () => {
    const text = `${good}    env: &shared { A: b }\n  - { name: two, run: x, env: *shared }\n`;
    expect(parseJobText('ci.yaml', text).steps[1]?.env).toEqual({ A: 'b' });
  });

  it.each([
    [
      'a wrong value',
      `${good}  - name: two\n    run: x\n    timeout: soon\n`,
      ['ci.yaml:9: steps[1].timeout: expected a duration like "90s", got "soon"'],
    ],
    [
      'an unknown key',
      `${good}    workdir: x\n`,
      ['ci.yaml:7: steps[0].workdir: unknown key, did you mean "workingDir"?'],
    ],
    ['an unknown key at the top', `${good}stpes: []\n`, ['ci.yaml:7: stpes: unknown key, did you mean "steps"?']],
    [
      'a missing key',
      `${good}  - name: two\n`,
      ['ci.yaml:7: steps[1].run: expected a script, or a list of arguments, got nothing'],
    ],
    [
      'a missing key at the top',
      '\n\nid: ci\nsteps: [{ name: a, run: b }]\n',
      ['ci.yaml:3: workerImage: expected a string, got nothing'],
    ],
    [
      'a number in the environment',
      `env:\n  A: x\n  PORT: 80\n${good}`,
      ['ci.yaml:3: env.PORT: expected a string (quote numbers and booleans), got 80'],
    ],
    ['a list at the top', '- a\n', ['ci.yaml:1: the document: expected a mapping, got ["a"]']],
    ['bare text', 'hello\n', ['ci.yaml:1: the document: expected a mapping, got "hello"']],
    ['an empty file', '', ['ci.yaml:1:1: expected a pipeline, got an empty file']],
    ['only comments', '# nothing\n\n# here\n', ['ci.yaml:1:1: expected a pipeline, got an empty file']],
    ['an open bracket', 'id: [ci\n', expect.arrayContaining([expect.stringMatching(/^ci\.yaml:\d+:\d+: .+/)])],
    [
      'wrong indentation',
      'id: ci\n  workerImage: x\n',
      expect.arrayContaining([expect.stringMatching(/^ci\.yaml:1:5: /)]),
    ],
    ['tabs', 'steps:\n\t- name: a\n', expect.arrayContaining([expect.stringMatching(/^ci\.yaml:2:\d+: tabs cannot/)])],
    ['a key twice', `${good}id: again\n`, ['ci.yaml:7:1: this key is there twice in one mapping']],
    [
      'two documents',
      `${good}---\n${good}`,
      [expect.stringMatching(/^ci\.yaml:[78]:\d+: expected one document, got a second one after "---"$/)],
    ],
    ['an unknown tag', 'id: !secret x\n', [expect.stringMatching(/^ci\.yaml:1:5: Unresolved tag: !secret$/)]],
    ['an alias to nothing', 'id: *nobody\n', [expect.stringMatching(/^ci\.yaml:1:\d+: .*nobody/)]],
  ])('names file, line and expectation for %s', (_name, text, want) => {
    expect(linesOf(text)).toEqual(want);
  });

  it('reports all problems in the order of the file', () => {
    expect(linesOf('id: 5\nworkerImage: ""\nsteps: []\n').map((line) => line.split(':')[1])).toEqual(['1', '2', '3']);
  });

  it('does not blow up on aliases that multiply', () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(20).fill(`*${of}`).join(',')}]\n`;
    expect(linesOf(`a: &a [x]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}${level('e', 'd')}`)).toHaveLength(
      1,
    );
  });
});

describe('loadJobFile', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'danube-cli-'));
  });
  afterAll(async () => {
    await rm(dir, { recursive: true });
  });

  const failure = async (file: string): Promise<string> => {
    const error: unknown = await loadJobFile(file, Readable.from([])).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).exitCode).toBe(2);
    return errorLines(error).join('\n');
  };

  it('reads a file, and standard input for -', async () => {
    await writeFile(join(dir, 'ci.yaml'), good);
    expect((await loadJobFile(join(dir, 'ci.yaml'), Readable.from([]))).id).toBe('ci');
    expect((await loadJobFile('-', Readable.from([Buffer.from(good)]))).id).toBe('ci');
  });

  it('says that a file does not exist', async () => {
    expect(await failure(join(dir, 'no.yaml'))).toBe(`danube: ${join(dir, 'no.yaml')} does not exist; check the path`);
  });

  it('says that a file is a directory', async () => {
    await mkdir(join(dir, 'sub'));
    expect(await failure(join(dir, 'sub'))).toMatch(/sub is a directory; name the job file in it$/);
  });

  it('says that a file is not text', async () => {
    await writeFile(join(dir, 'image'), Buffer.from([0x89, 0x50, 0xff, 0xfe]));
    expect(await failure(join(dir, 'image'))).toMatch(/image is not UTF-8 text/);
  });

  it('refuses a file that is too large to be a job file', async () => {
    await writeFile(join(dir, 'large'), Buffer.alloc(1024 * 1024 + 1, 'a'));
    expect(await failure(join(dir, 'large'))).toMatch(/large is larger than 1 MiB/);
  });
});
