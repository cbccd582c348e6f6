import ts from 'typescript';

/** What the doc comment of a symbol says. */
export type DocComment = {
  readonly text: string;
  readonly tags: readonly { readonly name: string; readonly text: string }[];
};

/** Reads a symbol's doc comment. A link in it becomes code, so that it reads the same everywhere. */
export const docCommentOf = (symbol: ts.Symbol, checker: ts.TypeChecker): DocComment => ({
  text: plain(symbol.getDocumentationComment(checker)),
  tags: symbol.getJsDocTags(checker).map(({ name, text = [] }) => ({ name, text: plain(text) })),
});

const plain = (parts: readonly ts.SymbolDisplayPart[]): string =>
  ts
    .displayPartsToString([...parts])
    .replaceAll(/\{@link ([^}]+)\}/g, (_link, target: string) => `\`${target.trim()}\``)
    .trim();
