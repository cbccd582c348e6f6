import { RegistryError } from '../errors/registry-error.ts';
import type { RegistryHttp } from '../http/registry-http.ts';

/** A list that comes in pages. */
export type PagedList = {
  /** Below `/v2/`. */
  readonly path: string;
  readonly scope: string;
  /** Name of the list in the JSON of a page. */
  readonly key: 'tags' | 'repositories';
  readonly signal?: AbortSignal | undefined;
};

/** distribution refuses more than that. */
const PAGE = 1000;
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** All entries, page after page as the `Link` headers say. Each is given once. */
export async function* pages(
  http: RegistryHttp,
  { path, scope, key, signal }: PagedList,
): AsyncGenerator<string, void> {
  const seen = new Set<string>();
  let next: URL | undefined = withSize(http.urlOf(path));
  while (next !== undefined) {
    const at: URL = next;
    const request = { method: 'GET', target: at, scope, signal, expect: [200] } as const;
    const response = await http.fetch(request, MAX_PAGE_BYTES);
    const entries = entriesIn(response.bytes, { key, request: response.label });
    const fresh = entries.filter((entry) => !seen.has(entry));
    for (const entry of fresh) {
      seen.add(entry);
      yield entry;
    }
    // A registry whose pages bring nothing new would be asked for ever.
    next = fresh.length === 0 ? undefined : http.linkOf(response, at);
  }
}

const withSize = (url: URL): URL => {
  url.searchParams.set('n', String(PAGE));
  return url;
};

const entriesIn = (body: Buffer, { key, request }: { key: PagedList['key']; request: string }): string[] => {
  try {
    const list = (JSON.parse(body.toString('utf8')) as Record<string, unknown>)[key];
    if (list === null || list === undefined) return []; // a repository whose last tag was deleted
    if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) return list;
  } catch (cause) {
    throw new RegistryError('BadResponse', { detail: 'the list is not JSON', request, cause });
  }
  throw new RegistryError('BadResponse', { detail: `no list of ${key}`, request });
};
