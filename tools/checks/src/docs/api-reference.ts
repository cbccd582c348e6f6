import { relative } from 'node:path';
import ts from 'typescript';
import { Declarations } from './declarations.ts';
import { type DocComment, docCommentOf } from './doc-comment.ts';
import type { Door, Package } from './packages.ts';

/** The reference of one package as Markdown, and what of it has no doc comment. */
export type ApiReference = { readonly markdown: string; readonly undocumented: readonly string[] };

type Entry = {
  readonly name: string;
  readonly symbol: ts.Symbol;
  readonly source: ts.SourceFile;
  readonly comment: DocComment;
};

/** Writes the reference of a package from the doc comments of what its doors export. */
export const writeApiReference = ({ name, directory, doors }: Package, program: ts.Program): ApiReference => {
  const checker = program.getTypeChecker();
  const declarations = new Declarations(program);
  const undocumented: string[] = [];
  const sections = doors.map((door) => {
    const entries = exportsOf(door, program).filter(({ source }) => source.fileName.startsWith(`${directory}/`));
    for (const entry of entries) undocumented.push(...gaps(entry, checker).map((gap) => `${door.specifier}: ${gap}`));
    const texts = entries.map((entry) =>
      section(entry, { directory, declaration: declarations.of(entry.source, entry.symbol.name) }),
    );
    const index = entries.map((entry) => `[\`${entry.name}\`](#${anchor(entry.name)})`).join(' · ');
    return [`## \`${door.specifier}\``, index, ...texts].join('\n\n');
  });
  const head = `# API of ${name}\n\nWritten by \`npm run docs\` from the doc comments. Change those, and not this file.`;
  return { markdown: `${[head, ...sections].join('\n\n')}\n`, undocumented };
};

const exportsOf = (door: Door, program: ts.Program): Entry[] => {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(door.entry);
  const module = file === undefined ? undefined : checker.getSymbolAtLocation(file);
  if (module === undefined) throw new TypeError(`${door.specifier}: ${door.entry} is no module`);
  return checker
    .getExportsOfModule(module)
    .map((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const source = symbol.declarations?.[0]?.getSourceFile() ?? file;
      return { name: exported.name, symbol, source, comment: docCommentOf(symbol, checker) };
    })
    .filter((entry): entry is Entry => entry.source !== undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

/** What has no doc comment: the export itself, or a method of a class that it exports. */
const gaps = ({ name, symbol, comment }: Entry, checker: ts.TypeChecker): string[] => {
  const own = comment.text === '' ? [name] : [];
  if (!(symbol.flags & ts.SymbolFlags.Class)) return own;
  const methods = [...(symbol.members?.values() ?? [])].filter(
    (member) => member.flags & ts.SymbolFlags.Method && isPublic(member) && docCommentOf(member, checker).text === '',
  );
  return [...own, ...methods.map((member) => `${name}.${member.name}`)];
};

const isPublic = (member: ts.Symbol): boolean => {
  const declaration = member.declarations?.[0];
  if (declaration === undefined || member.name.startsWith('__')) return false;
  if (ts.isMethodDeclaration(declaration) && ts.isPrivateIdentifier(declaration.name)) return false;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(declaration) & hidden) === 0;
};

const section = (
  { name, symbol, source, comment }: Entry,
  { directory, declaration }: { readonly directory: string; readonly declaration: string | undefined },
): string => {
  const path = relative(directory, source.fileName);
  const facts = comment.tags.filter(({ name: tag }) => tag !== 'example');
  const examples = comment.tags.filter(({ name: tag }) => tag === 'example').map(({ text }) => fenced(unfenced(text)));
  return [
    `### ${name}`,
    comment.text.replaceAll(/\]\((?:\.\.\/)+docs\//g, '](./'),
    facts.map(({ name: tag, text }) => `- **${tag}** ${text.replaceAll('\n', ' ')}`).join('\n'),
    fenced(declaration ?? symbol.name),
    ...examples.flatMap((example) => ['Example:', example]),
    `Source: [${path}](../${path})`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
};

const fenced = (code: string): string => `\`\`\`ts\n${code.trim()}\n\`\`\``;
const unfenced = (text: string): string => text.replace(/^```\w*\n/, '').replace(/\n?```$/, '');
const anchor = (name: string): string => name.toLowerCase();
