import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { checkSnippets, snippetsOf } from './snippets.ts';

const page = `# Page

\`\`\`ts
const right: number = 1;
\`\`\`

\`\`\`sh
const wrong: number = '1';
\`\`\`

<!-- given
declare const imagined: string;
-->

\`\`\`ts
const fine: string = imagined;
const bad: number = imagined;
\`\`\`
`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'snippets-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the code in a page', () => {
  it('is found with what it takes for granted, and where it stands', () => {
    expect(snippetsOf(page)).toEqual([
      { given: '', code: 'const right: number = 1;\n', line: 4 },
      {
        given: 'declare const imagined: string;\n',
        code: 'const fine: string = imagined;\nconst bad: number = imagined;\n',
        line: 16,
      },
    ]);
  });

  it('is type-checked, and what is wrong is named with page and line', () => {
    writeFileSync(join(directory, 'README.md'), page);
    mkdirSync(join(directory, 'docs'));
    writeFileSync(join(directory, 'docs/more.md'), '```ts\nnothing();\n```\n');
    const options = { target: ts.ScriptTarget.ES2022, types: [], lib: ['lib.es5.d.ts'], strict: true };
    const complaints = checkSnippets([{ name: 'x', directory, doors: [] }], options, directory);
    expect(complaints.toSorted()).toEqual([
      "README.md:17: Type 'string' is not assignable to type 'number'.",
      "docs/more.md:2: Cannot find name 'nothing'.",
    ]);
  });
});
