import { createHash, type Hash } from 'node:crypto';
import { RegistryError } from '../errors/registry-error.ts';
import type { Descriptor } from './descriptor.ts';
import { requireDigest } from './digest.ts';

/** Compares bytes with their descriptor as they go by. */
export class Verifier {
  readonly #hash: Hash = createHash('sha256');
  readonly #descriptor: Pick<Descriptor, 'digest' | 'size'>;
  #bytes = 0;

  constructor(descriptor: Pick<Descriptor, 'digest' | 'size'>) {
    requireDigest(descriptor.digest);
    this.#descriptor = descriptor;
  }

  /** How many bytes have gone by. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws SizeMismatch as soon as there are too many */
  update(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#descriptor.size) throw this.#wrongSize(`more than ${this.#descriptor.size} bytes`);
    this.#hash.update(chunk);
  }

  /** @throws SizeMismatch, DigestMismatch */
  end(): void {
    const { digest, size } = this.#descriptor;
    if (this.#bytes !== size) throw this.#wrongSize(`${this.#bytes} bytes instead of ${size}`);
    const got = `sha256:${this.#hash.digest('hex')}`;
    if (got !== digest) throw new RegistryError('DigestMismatch', { detail: `${digest} was asked for, ${got} came` });
  }

  #wrongSize(detail: string): RegistryError {
    return new RegistryError('SizeMismatch', { detail: `${this.#descriptor.digest}: ${detail}` });
  }
}

/**
 * Hands bytes on and compares them with their descriptor. What was handed on is proven only when the iteration has
 * ended without an error: keep it where nobody sees it until then.
 */
export async function* verified(
  chunks: AsyncIterable<Buffer>,
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
): AsyncGenerator<Buffer, void> {
  const verifier = new Verifier(descriptor);
  for await (const chunk of chunks) {
    verifier.update(chunk);
    yield chunk;
  }
  verifier.end();
}

/** Hands bytes on and says how many have been taken. */
export async function* counted(
  chunks: AsyncIterable<Buffer>,
  onBytes: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer, void> {
  let bytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    bytes += chunk.length;
    onBytes?.(bytes);
  }
}
