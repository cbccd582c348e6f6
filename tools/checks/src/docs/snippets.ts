import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import type { Package } from './packages.ts';

/** A TypeScript block of a page, with what its reader has to imagine before it. */
export type Snippet = { readonly given: string; readonly code: string; readonly line: number };

/**
 * The TypeScript blocks of a page. What a block takes for granted stands before it in a comment that readers do not see:
 * `<!-- given`, the lines, `-->`.
 */
export const snippetsOf = (markdown: string): Snippet[] =>
  [...markdown.matchAll(/(?:^<!-- given\n(.*?)^-->\n\s*)?^```ts\n(.*?)^```$/gms)].map(
    ([all, given = '', code = '']) => ({
      given,
      code,
      line:
        markdown.slice(0, markdown.indexOf(all)).split('\n').length +
        all.slice(0, all.indexOf('```ts')).split('\n').length,
    }),
  );

const pagesOf = ({ directory }: Package): string[] => {
  const all = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const pages = all.filter(
    (path) => path === 'README.md' || (/^docs\/[^/]+\.md$/.test(path) && path !== 'docs/api.md'),
  );
  return pages.map((path) => join(directory, path));
};

/** Type-checks every TypeScript block of the packages' pages. Returns what is wrong, with page and line. */
export const checkSnippets = (packages: readonly Package[], options: ts.CompilerOptions, root: string): string[] => {
  const files = new Map<string, { readonly page: string; readonly snippet: Snippet }>();
  for (const page of packages.flatMap(pagesOf)) {
    snippetsOf(readFileSync(page, 'utf8')).forEach((snippet, index) => {
      files.set(`${page}.${index + 1}.ts`, { page, snippet });
    });
  }
  const textOf = (path: string): string | undefined => {
    const found = files.get(path);
    return found === undefined ? undefined : `${found.snippet.given}${found.snippet.code}\nexport {};\n`;
  };
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    readFile: (path) => textOf(path) ?? disk.readFile(path),
    fileExists: (path) => files.has(path) || disk.fileExists(path),
    getSourceFile: (path, target) => {
      const text = textOf(path);
      return text === undefined ? disk.getSourceFile(path, target) : ts.createSourceFile(path, text, target);
    },
  };
  const program = ts.createProgram([...files.keys()], { ...options, noEmit: true, composite: false }, host);
  return [...files].flatMap(([path, { page, snippet }]) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ start = 0, messageText }) => {
      const line = (source?.getLineAndCharacterOfPosition(start).line ?? 0) - snippet.given.split('\n').length + 1;
      return `${relative(root, page)}:${snippet.line + line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
};
