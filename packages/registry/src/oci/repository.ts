import { RegistryError } from '../errors/registry-error.ts';
import type { RegistryHttp } from '../http/registry-http.ts';
import { discard } from '../http/wire.ts';
import { downloadBlob } from './blob-download.ts';
import type { BlobSource } from './blob-source.ts';
import { type BlobUpload, uploadBlob, type UploadOutcome } from './blob-upload.ts';
import { acceptManifests, type Descriptor, mediaTypes } from './descriptor.ts';
import { digestOf, isDigest, requireDigest } from './digest.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { isRepository } from './reference.ts';
import { orUndefined, referrersByApi, referrersTag, withReferrer } from './referrers.ts';
import { pages } from './tag-pages.ts';
import { probeWrite } from './write-probe.ts';

/** Options of every call. */
export type CallOptions = { readonly signal?: AbortSignal | undefined };

/** Options of {@link Repository.pushBlob}. */
export type PushBlobOptions = CallOptions & Pick<BlobUpload, 'mountFrom' | 'chunkBytes' | 'onBytes'>;

/** distribution refuses larger ones; so does this client, before it reads them. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** One repository of a registry: its blobs, manifests, tags and referrers. */
export class Repository {
  readonly name: string;
  readonly #http: RegistryHttp;

  /** @throws InvalidReference */
  constructor(http: RegistryHttp, name: string) {
    if (!isRepository(name))
      throw new RegistryError('InvalidReference', { detail: `"${name}" cannot be a repository` });
    this.#http = http;
    this.name = name;
  }

  /** Size of a blob, or undefined when it is not there. */
  async findBlob(digest: string, { signal }: CallOptions = {}): Promise<{ readonly size: number } | undefined> {
    const target = `${this.name}/blobs/${requireDigest(digest)}`;
    const response = await this.#http.send({ method: 'HEAD', target, scope: this.#pull, signal, expect: [200, 404] });
    await discard(response);
    return response.status === 200 ? { size: Number(response.headers['content-length'] ?? Number.NaN) } : undefined;
  }

  /**
   * The bytes of a blob. They are proven only when the iteration has ended without an error. A broken connection is made
   * again and asked for the rest.
   * @throws NotFound, DigestMismatch, SizeMismatch
   */
  readBlob(descriptor: Pick<Descriptor, 'digest' | 'size'>, { signal }: CallOptions = {}): AsyncIterable<Buffer> {
    return downloadBlob(this.#http, { repository: this.name, scope: this.#pull, descriptor, signal });
  }

  /**
   * Makes sure that the registry has a blob: sends it only if it is missing and cannot be mounted from `mountFrom`.
   * @throws DigestMismatch when the source does not give what the descriptor says; StorageFull, Denied …
   */
  async pushBlob(
    descriptor: Pick<Descriptor, 'digest' | 'size'>,
    source: BlobSource,
    options: PushBlobOptions = {},
  ): Promise<UploadOutcome | 'existing'> {
    if ((await this.findBlob(descriptor.digest, options)) !== undefined) return 'existing';
    return uploadBlob(this.#http, { repository: this.name, scope: this.#push, descriptor, source, ...options });
  }

  /**
   * Writes a little and takes it back: the only way to learn whether pushes work, since registries call themselves healthy
   * on a full disk.
   * @throws StorageFull, StorageUnwritable; Unsupported when it is read-only
   */
  async probeWrite({ signal }: CallOptions = {}): Promise<void> {
    await probeWrite(this.#http, { repository: this.name, scope: this.#push, signal });
  }

  /** Deletes a blob. The registry frees its bytes when garbage is collected. @throws NotFound, Unsupported */
  async deleteBlob(digest: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#delete(`${this.name}/blobs/${requireDigest(digest)}`, signal);
  }

  /** What a tag or digest stands for, without reading it; undefined when it is not there. */
  async findManifest(selector: string, { signal }: CallOptions = {}): Promise<Descriptor | undefined> {
    const response = await this.#http.send({
      method: 'HEAD',
      target: this.#manifest(selector),
      scope: this.#pull,
      headers: { accept: acceptManifests },
      signal,
      expect: [200, 404],
    });
    await discard(response);
    if (response.status === 404) return undefined;
    const {
      'content-type': mediaType = '',
      'content-length': length,
      'docker-content-digest': told,
    } = response.headers;
    const digest = isDigest(selector) ? selector : String(told ?? '');
    // Registries need not say the digest: then only the content tells.
    if (!isDigest(digest) || length === undefined) return (await this.readManifest(selector, { signal })).descriptor;
    return { mediaType, digest, size: Number(length) };
  }

  /**
   * Reads a manifest or an index by tag or digest. Its digest is computed from the bytes, and compared with the one asked
   * for and the one that the registry says.
   * @throws NotFound, DigestMismatch
   */
  async readManifest(selector: string, { signal }: CallOptions = {}): Promise<Manifest> {
    const request = {
      method: 'GET',
      target: this.#manifest(selector),
      scope: this.#pull,
      headers: { accept: acceptManifests },
      signal,
      expect: [200],
    } as const;
    const response = await this.#http.fetch(request, MAX_MANIFEST_BYTES);
    const { bytes } = response;
    const got = digestOf(bytes);
    const told = response.headers['docker-content-digest'];
    const asked = isDigest(selector) ? selector : got;
    const announced = typeof told === 'string' && isDigest(told) ? told : got;
    if (got !== asked || got !== announced) {
      const detail = `${got === asked ? announced : asked} was asked for, ${got} came`;
      throw new RegistryError('DigestMismatch', { detail, request: response.label });
    }
    return parseManifest(bytes, response.headers['content-type']);
  }

  /**
   * Stores a manifest under its digest, and under `tag` if there is one. What it refers to has to be there before. One
   * with a subject is listed among its referrers, also where the registry does not do so by itself.
   * @throws Rejected when a blob of it is missing
   */
  async pushManifest(
    content: { readonly bytes: Buffer; readonly mediaType?: string | undefined },
    { tag, signal }: CallOptions & { readonly tag?: string | undefined } = {},
  ): Promise<Descriptor> {
    const manifest = parseManifest(content.bytes, content.mediaType);
    const { mediaType, digest, size } = manifest.descriptor;
    const response = await this.#http.send({
      method: 'PUT',
      target: this.#manifest(tag ?? digest),
      scope: this.#push,
      headers: { 'content-type': mediaType },
      body: { bytes: size, open: () => once(content.bytes) },
      signal,
      expect: [201],
    });
    await discard(response);
    const told = response.headers['docker-content-digest'];
    if (typeof told === 'string' && isDigest(told) && told !== digest) {
      const detail = `${digest} was sent, the registry stored ${told}`;
      throw new RegistryError('DigestMismatch', { detail, request: response.label });
    }
    if (manifest.subject !== undefined && response.headers['oci-subject'] === undefined) {
      await this.#listReferrer(manifest, manifest.subject.digest, signal);
    }
    return manifest.descriptor;
  }

  /** Deletes a manifest by its digest, and with it all its tags. @throws NotFound, Unsupported */
  async deleteManifest(digest: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#delete(this.#manifest(requireDigest(digest)), signal);
  }

  /**
   * Deletes a tag and leaves its manifest.
   * @throws Unsupported from registries that cannot, such as distribution 2: they only delete by digest
   */
  async deleteTag(tag: string, { signal }: CallOptions = {}): Promise<void> {
    try {
      await this.#delete(this.#manifest(tag), signal);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status !== 400) throw error;
      const detail = 'it deletes manifests by digest only, which takes all their tags';
      throw new RegistryError('Unsupported', { detail, request: error.request, status: 400, cause: error });
    }
  }

  /** All tags, read page by page. Nothing when there is no such repository. */
  async *tags({ signal }: CallOptions = {}): AsyncGenerator<string, void> {
    try {
      yield* pages(this.#http, { path: `${this.name}/tags/list`, scope: this.#pull, key: 'tags', signal });
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== 'NotFound') throw error;
    }
  }

  /** What is attached to a manifest: signatures, bills of materials … */
  async referrers(
    digest: string,
    { artifactType, signal }: CallOptions & { readonly artifactType?: string } = {},
  ): Promise<readonly Descriptor[]> {
    const question = { repository: this.name, scope: this.#pull, digest: requireDigest(digest), signal };
    const found =
      (await referrersByApi(this.#http, question)) ??
      (await orUndefined(this.readManifest(referrersTag(digest), { signal })))?.children ??
      [];
    return artifactType === undefined ? found : found.filter((each) => each.artifactType === artifactType);
  }

  /** Registries have no compare-and-swap: of two attachments to one subject at the same moment, one may be left out. */
  async #listReferrer(manifest: Manifest, subject: string, signal: AbortSignal | undefined): Promise<void> {
    const tag = referrersTag(subject);
    const index = withReferrer(await orUndefined(this.readManifest(tag, { signal })), manifest);
    if (index !== undefined) await this.pushManifest({ bytes: index, mediaType: mediaTypes.index }, { tag, signal });
  }

  async #delete(target: string, signal: AbortSignal | undefined): Promise<void> {
    await discard(
      await this.#http.send({ method: 'DELETE', target, scope: this.#remove, signal, expect: [200, 202, 204] }),
    );
  }

  #manifest(selector: string): string {
    return `${this.name}/manifests/${encodeURIComponent(selector).replaceAll('%3A', ':')}`;
  }

  get #pull(): string {
    return `repository:${this.name}:pull`;
  }

  get #push(): string {
    return `repository:${this.name}:pull,push`;
  }

  get #remove(): string {
    return `repository:${this.name}:delete`;
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(bytes);
}
