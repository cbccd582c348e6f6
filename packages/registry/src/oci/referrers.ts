import { hasCode, RegistryError } from '../errors/registry-error.ts';
import type { RegistryHttp } from '../http/registry-http.ts';
import { type Descriptor, mediaTypes } from './descriptor.ts';
import { type Manifest, parseManifest } from './manifest.ts';

const MAX_INDEX_BYTES = 4 * 1024 * 1024;

/** The tag under which registries without the referrers API keep what is attached to a digest. */
export const referrersTag = (digest: string): string => digest.replace(':', '-').slice(0, 128);

/** What is asked of a registry's referrers API. */
export type ReferrersQuestion = {
  readonly repository: string;
  readonly scope: string;
  readonly digest: string;
  readonly signal?: AbortSignal | undefined;
};

/** The registry's own answer; undefined when it has no such API. */
export const referrersByApi = async (
  http: RegistryHttp,
  { repository, scope, digest, signal }: ReferrersQuestion,
): Promise<readonly Descriptor[] | undefined> => {
  const all: Descriptor[] = [];
  let next: URL | undefined = http.urlOf(`${repository}/referrers/${digest}`);
  while (next !== undefined) {
    const at: URL = next;
    const request = { method: 'GET', target: at, scope, signal, expect: [200, 404] } as const;
    const response = await http.fetch(request, MAX_INDEX_BYTES);
    if (response.status === 404) return undefined;
    all.push(...parseManifest(response.bytes, mediaTypes.index).children);
    next = http.linkOf(response, at);
  }
  return all;
};

/** The index of the fallback tag with one more entry, or undefined when it has it already. */
export const withReferrer = (index: Manifest | undefined, manifest: Manifest): Buffer | undefined => {
  const listed = index?.children ?? [];
  if (listed.some(({ digest }) => digest === manifest.descriptor.digest)) return undefined;
  const { descriptor, artifactType, annotations } = manifest;
  const entry = {
    ...descriptor,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return indexOf([...listed, entry]);
};

/** The bytes of an index of these manifests. */
export const indexOf = (manifests: readonly Descriptor[]): Buffer =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));

/** What a lookup gives when there is nothing, as a value. */
export const orUndefined = async <T>(lookup: Promise<T>): Promise<T | undefined> => {
  try {
    return await lookup;
  } catch (error) {
    if (error instanceof RegistryError && hasCode(error, 'NotFound')) return undefined;
    throw error;
  }
};
