import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { writeApiReference } from './docs/api-reference.ts';
import { findPackages, sharedOptions } from './docs/packages.ts';
import { checkSnippets } from './docs/snippets.ts';

// `npm run docs` writes docs/api.md of every package; with `--check` it only says which are not what they should be.
// Both type-check the code in the packages' pages.
const root = join(import.meta.dirname, '../../..');
const isCheck = process.argv.includes('--check');
const packages = findPackages(root);
const options = {
  ...sharedOptions(root),
  composite: false,
  noEmit: false,
  emitDeclarationOnly: true,
  declarationMap: false,
};
const program = ts.createProgram(
  packages.flatMap(({ doors }) => doors.map(({ entry }) => entry)),
  options,
);

const complaints: string[] = [];
for (const each of packages) {
  const { markdown, undocumented } = writeApiReference(each, program);
  complaints.push(...undocumented.map((name) => `${name} has no doc comment`));
  const file = join(each.directory, 'docs/api.md');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (before === markdown) continue;
  if (isCheck) {
    complaints.push(`${relative(root, file)} is not what the doc comments say: npm run docs`);
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, markdown);
    process.stdout.write(`${relative(root, file)}\n`);
  }
}
complaints.push(...checkSnippets(packages, sharedOptions(root), root));
for (const complaint of complaints) process.stderr.write(`docs: ${complaint}\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;
