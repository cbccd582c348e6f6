import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { writeApiReference } from './api-reference.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'docs-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const referenceOf = (text: string) => {
  const entry = join(directory, 'index.ts');
  writeFileSync(entry, text);
  const options = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    types: [],
    lib: ['lib.es5.d.ts'],
    declaration: true,
  };
  const program = ts.createProgram([entry], { ...options, emitDeclarationOnly: true });
  return writeApiReference({ name: 'boats', directory, doors: [{ specifier: 'boats', entry }] }, program);
};

describe('the API reference', () => {
  it('shows what a user sees: comment, tags, example and declaration, and nothing private', () => {
    const { markdown, undocumented } = referenceOf(`
      /**
       * A boat. See {@link sail}.
       * @throws Sunk when it is too late
       * @example
       * new Boat(9);
       */
      export class Boat {
        readonly #log: string[] = [];
        private hidden = this.#log.length;
        /** Length in metres. @default 9 */
        readonly lengthM: number;
        constructor(lengthM = 9) { this.lengthM = lengthM + this.hidden; }
      }
      /** Sails it. */
      export const sail = (boat: Boat): number => boat.lengthM * 2;
    `);
    expect(undocumented).toEqual([]);
    expect(markdown).toContain('[`Boat`](#boat) · [`sail`](#sail)');
    expect(markdown).toContain('A boat. See `sail`.');
    expect(markdown).toContain('- **throws** Sunk when it is too late');
    expect(markdown).toContain('Example:\n\n```ts\nnew Boat(9);\n```');
    expect(markdown).toContain('  /** Length in metres. @default 9 */\n  readonly lengthM: number;');
    expect(markdown).toContain('```ts\nconst sail: (boat: Boat) => number;\n```');
    expect(markdown).toContain('Source: [index.ts](../index.ts)');
    expect(markdown).not.toMatch(/#log|private|hidden/);
  });

  it('names exports and methods without a comment', () => {
    const { undocumented } = referenceOf(`
      export type Wave = number;
      /** A boat. */
      export class Boat {
        turn(): void {}
        #secret(): void {}
        protected inner(): void { this.#secret(); }
      }
    `);
    expect(undocumented).toEqual(['boats: Boat.turn', 'boats: Wave']);
  });
});
