import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Document,
} from 'yaml';

/** Something wrong with the text itself, before anybody asks whether it is a pipeline. */
export type SyntaxProblem = { readonly line: number; readonly column: number; readonly message: string };

/** A parsed text: its value, and where in the text each part of it stands. */
export type ParsedText =
  | { readonly ok: true; readonly value: unknown; lineOf(path: readonly (string | number)[]): number }
  | { readonly ok: false; readonly problems: readonly SyntaxProblem[] };

/** Parses YAML 1.2, of which JSON is a part. Never throws. */
export const parseYaml = (text: string): ParsedText => {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number, message: string): SyntaxProblem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), message };
  };
  if (!Array.isArray(documents) || documents.length === 0) return { ok: false, problems: [at(0, emptyFile)] };
  const broken = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  if (broken.length > 0) {
    return { ok: false, problems: broken.map((error) => at(error.pos[0], wording(error.code, error.message))) };
  }
  const [document, second] = documents;
  if (document === undefined || isEmpty(document)) return { ok: false, problems: [at(0, emptyFile)] };
  if (second !== undefined) {
    return { ok: false, problems: [at(second.range[0], 'expected one document, got a second one after "---"')] };
  }
  try {
    const value: unknown = document.toJS();
    return { ok: true, value, lineOf: (path) => lines.linePos(offsetOf(document, path)).line };
  } catch (error) {
    return { ok: false, problems: [at(0, error instanceof Error ? error.message : String(error))] };
  }
};

const emptyFile = 'expected a pipeline, got an empty file';

const isEmpty = ({ contents }: Document.Parsed): boolean =>
  contents === null || (isScalar(contents) && contents.value === null && contents.source === '');

/** The words of the parser where they help; our own where they speak of its internals. */
const wording = (code: string, message: string): string => {
  if (code === 'DUPLICATE_KEY') return 'this key is there twice in one mapping';
  if (code === 'TAB_AS_INDENT') return 'tabs cannot indent YAML: use spaces';
  return message.split('\n', 1)[0] ?? message;
};

/** Offset of the nearest thing that exists on the way along a path: the key, or the entry of a list. */
const offsetOf = (document: Document.Parsed, path: readonly (string | number)[]): number => {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(part));
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(part)];
      if (item === undefined) return offset;
      offset = startOf(item) ?? offset;
      node = item;
    } else return offset;
  }
  return offset;
};

const startOf = (node: unknown): number | undefined => (isNode(node) ? (node as Node).range?.[0] : undefined);
