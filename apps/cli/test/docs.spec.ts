import { access, readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { commands } from '../src/args/commands.ts';
import { exitCodes } from '../src/exit-codes.ts';
import { parseJobText } from '../src/job-file/load-job-file.ts';
import { errorLines } from '../src/errors.ts';

const root = new URL('../../../', import.meta.url);
const read = (file: string): Promise<string> => readFile(new URL(file, root), 'utf8');

const pages = async (): Promise<string[]> => [
  'README.md',
  'apps/cli/README.md',
  'examples/README.md',
  ...(await readdir(new URL('docs/', root), { recursive: true }))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Code blocks of a language. */
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code ?? '');

describe('the documentation', () => {
  it('has no link to a file that is not there', async () => {
    const broken: string[] = [];
    for (const page of await pages()) {
      const text = (await read(page)).replace(/^```.*?^```$/gms, '');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const isThere = await access(new URL(target, new URL(page, root))).then(
          () => true,
          () => false,
        );
        if (!isThere) broken.push(`${page}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it.each(['README.md', 'docs/pipeline.md'])('shows only job files that are valid, in %s', async (page) => {
    const jobFiles = blocks(await read(page), 'yaml');
    expect(jobFiles).not.toHaveLength(0);
    for (const text of jobFiles) expect(parseJobText(page, text).steps).not.toHaveLength(0);
  });

  it('begins with one sentence and the two commands', async () => {
    const readme = await read('README.md');
    expect(readme.slice(0, readme.indexOf('```sh')).trim().split('\n')).toHaveLength(3);
    expect(blocks(readme, 'sh')[0]).toBe(
      'npm ci && npm run -s danube -- run examples/hello.yaml\nnpm ci && npm test\n',
    );
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    expect(scripts).toMatchObject({ danube: expect.any(String), test: expect.any(String) });
  });

  it('quotes problems of a job file as they are printed', async () => {
    const [problems = ''] = blocks(await read('docs/pipeline.md'), 'text');
    const lines = [
      'id: a',
      'workerImage: a',
      '',
      '',
      '',
      '',
      '',
      'steps:',
      '  - { name: a, run: a }',
      '  - name: b',
      '    run: b',
    ];
    const text = [...lines, '    timeout: soon', '    workdir: x', ''].join('\n');
    const thrown = (): unknown => {
      try {
        return parseJobText('ci.yaml', text);
      } catch (error) {
        return error;
      }
    };
    expect(errorLines(thrown())).toEqual(problems.trimEnd().split('\n'));
  });

  it('lists every exit code and every command', async () => {
    const readme = await read('apps/cli/README.md');
    for (const code of Object.values(exitCodes)) expect(readme).toMatch(new RegExp(`^\\|.*\\b${code}\\b`, 'm'));
    const shown = blocks(readme, 'sh').join('\n');
    for (const { name } of commands) {
      if (name !== 'schema' && name !== 'version') expect(shown).toContain(`danube ${name}`);
    }
  });
});
