import { randomBytes } from 'node:crypto';

// 32 letters and digits without the pairs that look alike (0 o, 1 l); an id begins and ends with any of them.
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A new job id: 12 characters, 60 random bits, legal in the names of pods and in labels. */
export const newJobId = (random: (size: number) => Uint8Array = randomBytes): string =>
  Array.from(random(12), (byte) => alphabet[byte % alphabet.length]).join('');
