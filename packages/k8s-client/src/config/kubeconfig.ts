import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { ConfigError } from '../errors/failures.ts';

type Mapping = Readonly<Record<string, unknown>>;

/** A named entry of a kubeconfig with the file it came from, against which its relative paths count. */
export type Entry = { readonly name: string; readonly value: Mapping; readonly file: string };

/** Kubeconfig files, merged: of two entries with one name the first wins, as with kubectl. */
export type Kubeconfig = {
  readonly files: readonly string[];
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
  readonly contexts: ReadonlyMap<string, Entry>;
};

/** Reads and merges kubeconfig files. A missing one among several is passed over, as kubectl does. */
export const readKubeconfig = async (paths: readonly string[]): Promise<Kubeconfig> => {
  const documents: { readonly file: string; readonly document: Mapping }[] = [];
  for (const file of paths) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (paths.length > 1 && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new ConfigError(`cannot read the kubeconfig ${file}`, {
        cause: error,
        hint: 'check KUBECONFIG and the file',
      });
    });
    if (text !== undefined) documents.push({ file: resolve(file), document: await parse(file, text) });
  }
  if (documents.length === 0) {
    throw new ConfigError(`none of the kubeconfig files exists: ${paths.join(', ')}`, { hint: 'check KUBECONFIG' });
  }
  return merge(documents);
};

/** YAML is read by the `yaml` package, loaded only now: a process in a pod never pays for it. */
const parse = async (file: string, text: string): Promise<Mapping> => {
  const { parse: parseYaml } = await import('yaml');
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (error) {
    // The parser's message quotes the line, which may hold a token: only say where.
    const line = (error as { linePos?: readonly { line: number }[] }).linePos?.[0]?.line;
    throw new ConfigError(`the kubeconfig ${file} is not valid YAML${line === undefined ? '' : ` (line ${line})`}`);
  }
  if (!isMapping(document)) throw new ConfigError(`the kubeconfig ${file} is empty or not a mapping`);
  return document;
};

const merge = (documents: readonly { readonly file: string; readonly document: Mapping }[]): Kubeconfig => ({
  files: documents.map(({ file }) => file),
  currentContext: documents
    .map(({ document }) => document['current-context'])
    .find((name) => typeof name === 'string' && name !== '') as string | undefined,
  clusters: entries(documents, 'clusters', 'cluster'),
  users: entries(documents, 'users', 'user'),
  contexts: entries(documents, 'contexts', 'context'),
});

const entries = (
  documents: readonly { readonly file: string; readonly document: Mapping }[],
  list: string,
  key: string,
): ReadonlyMap<string, Entry> => {
  const found = new Map<string, Entry>();
  for (const { file, document } of documents) {
    const items = document[list] ?? [];
    if (!Array.isArray(items)) throw new ConfigError(`${file}: ${list}: expected a list`);
    for (const [index, item] of (items as unknown[]).entries()) {
      if (!isMapping(item) || typeof item['name'] !== 'string') {
        throw new ConfigError(`${file}: ${list}[${index}]: expected a mapping with a name`);
      }
      const value = item[key] ?? {};
      if (!isMapping(value)) throw new ConfigError(`${file}: ${list}[${index}].${key}: expected a mapping`);
      if (!found.has(item['name'])) found.set(item['name'], { name: item['name'], value, file });
    }
  }
  return found;
};

/** Whether a value is a YAML mapping. */
export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A path in a kubeconfig counts from the file it stands in. */
export const relativeTo = (file: string, path: string): string =>
  isAbsolute(path) ? path : resolve(dirname(file), path);
