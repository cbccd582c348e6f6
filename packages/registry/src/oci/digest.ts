import { createHash } from 'node:crypto';
import { RegistryError } from '../errors/registry-error.ts';

/** `sha256:` and 64 hex digits. */
export type Digest = string;

const sha256 = /^sha256:[0-9a-f]{64}$/;

/** Whether this is a digest that can be verified here. */
export const isDigest = (text: string): boolean => sha256.test(text);

/** The digest itself. @throws UnsupportedDigest for one of another algorithm, or none */
export const requireDigest = (text: string): Digest => {
  if (isDigest(text)) return text;
  throw new RegistryError('UnsupportedDigest', { detail: text.slice(0, 80) });
};

/** The digest of bytes. */
export const digestOf = (bytes: Buffer | string): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The 64 hex digits. */
export const hexOf = (digest: Digest): string => requireDigest(digest).slice('sha256:'.length);
