import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MASK, SecretMasker } from './secret-masker.ts';

type Pace = { readonly cuts?: readonly number[]; readonly maxBytes?: number };

/** Output as it is passed on when it comes in chunks that end at these places. */
const passedOn = (masker: SecretMasker, output: Buffer, { cuts = [], maxBytes = 1000 }: Pace = {}): Buffer => {
  const places = [...new Set([...cuts.map((at) => at % (output.length + 1)), output.length])].sort((a, b) => a - b);
  const pieces: Buffer[] = [];
  let held = Buffer.alloc(0);
  let from = 0;
  for (const to of places) {
    held = Buffer.concat([held, output.subarray(from, to)]);
    from = to;
    const isEnd = to === output.length;
    for (let cut = masker.cut(held, { maxBytes, isEnd }); cut; cut = masker.cut(held, { maxBytes, isEnd })) {
      // What is between two cuts gives the same when it is masked alone.
      expect(masker.mask(held.subarray(0, cut.bytes))).toEqual(cut.data);
      pieces.push(cut.data);
      held = held.subarray(cut.bytes);
    }
  }
  expect(held).toHaveLength(0);
  return Buffer.concat(pieces);
};

/** What programs make of a secret, told apart from how the masker looks for it. */
const disguises: Record<string, (secret: string, before: string, after: string) => string> = {
  plain: (secret, before, after) => `${before}${secret}${after}`,
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64 of a line': (secret) => Buffer.from(`${secret}\n`).toString('base64'),
  'base64 of a longer text': (secret, before, after) => Buffer.from(`${before}${secret}${after}`).toString('base64'),
  base64url: (secret, before) => Buffer.from(`${before}${secret}`).toString('base64url'),
  'base64 in lines': (secret) =>
    (
      Buffer.from(`${secret}\n`)
        .toString('base64')
        .match(/.{1,76}/g) ?? []
    ).join('\n'),
  'part of a URL': (secret) => `https://user:${encodeURIComponent(secret)}@host/`,
  'a query': (secret) => new URLSearchParams({ q: secret }).toString(),
  'lower-case escapes': (secret) => encodeURIComponent(secret).replaceAll(/%../g, (text) => text.toLowerCase()),
  JSON: (secret) => JSON.stringify({ key: secret }),
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify({ key: secret })),
  'JSON in ASCII': (secret) =>
    JSON.stringify(secret).replaceAll(
      /[^\x00-\x7f]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  'a trace of the shell': (secret) => `+ echo '${secret.replaceAll("'", `'\\''`)}'`,
};

const anyOf = (characters: string) => fc.constantFrom(...Array.from(characters));
const secrets = fc
  .oneof(
    fc.string({ minLength: 8, maxLength: 40 }),
    fc.string({ unit: 'grapheme', minLength: 8, maxLength: 20 }),
    fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 8, maxLength: 16 }),
    fc.string({ unit: anyOf('abc+/=%&?"\\\'<> é✓'), minLength: 8, maxLength: 200 }),
  )
  // What a mask looks like, or what surrounds it in these tests, is no secret that can be told from it.
  .filter((text) => text.trim().length >= 8 && !text.includes('*'));
const cuts = fc.array(fc.nat(5000), { maxLength: 12 });
const surroundings = fc.string({ unit: anyOf('xyz:='), maxLength: 5 });

describe('SecretMasker', () => {
  it.each(Object.entries(disguises))('lets no secret through as %s, wherever chunks end', (_name, disguise) => {
    fc.assert(
      fc.property(secrets, fc.tuple(surroundings, surroundings), cuts, (secret, [before, after], places) => {
        const text = disguise(secret, before, after);
        const masker = new SecretMasker([secret]);
        const got = passedOn(masker, Buffer.from(`${text}\n${text}`), { cuts: places }).toString();
        expect(got).toContain(MASK);
        expect(got).not.toContain(secret);
        expect(got).not.toContain(text);
        // Nor can it be had back from what is left: no more than what overlaps with its surroundings is shown.
        for (const decoded of decodings(got)) expect(decoded).not.toContain(secret.trim());
      }),
      { numRuns: 150 },
    );
  });

  it('leaves every other byte as it is', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array.map((byte) => byte | 0x80)));
    const secret = 's3cret-and-more';
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 5 }), cuts, (parts, places) => {
        const join = (between: string) =>
          Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from(between), part])));
        expect(passedOn(new SecretMasker([secret]), join(secret), { cuts: places })).toEqual(join(MASK));
      }),
    );
  });

  it('hides secrets that overlap, as a whole', () => {
    const masker = new SecretMasker(['first-secret', 'secret-second']);
    expect(masker.text('<first-secret-second>')).toBe(`<${MASK}>`);
  });

  it('hides the longer one of two that begin alike, also when its end comes later', () => {
    const masker = new SecretMasker(['password', 'password-of-root']);
    expect(masker.cut(Buffer.from('password'), { maxBytes: 100, isEnd: false })).toBeUndefined();
    expect(passedOn(masker, Buffer.from('password-of-root.'), { cuts: [3, 8, 12] }).toString()).toBe(`${MASK}.`);
  });

  it('hides each line of a secret of several lines', () => {
    const masker = new SecretMasker(['line-number-one\r\nline-number-two\n']);
    expect(masker.text('1: line-number-one\n2: line-number-two\n')).toBe(`1: ${MASK}\n2: ${MASK}\n`);
  });

  it('passes on at once what cannot be a part of a secret, and holds back no more than that', () => {
    const masker = new SecretMasker(['zebra-crossing']);
    const cut = masker.cut(Buffer.from('working... zeb'), { maxBytes: 100, isEnd: false });
    expect(cut?.data.toString()).toBe('working... ');
  });

  it('holds a bounded amount, also of a secret that overlaps with itself for ever', () => {
    const masker = new SecretMasker(['aaaaaaaa']);
    const output = Buffer.alloc(20_000, 'a');
    expect(masker.cut(output, { maxBytes: 100, isEnd: false })?.bytes).toBeGreaterThan(0);
    expect(passedOn(masker, output, { maxBytes: 100 }).toString()).toMatch(/^(?:\*\*\*)+a{0,7}$/);
  });

  it('changes nothing when there are no secrets', () => {
    const masker = new SecretMasker([]);
    const bytes = Buffer.from('anything');
    expect(masker.cut(bytes, { maxBytes: 5, isEnd: false })).toEqual({ bytes: 5, data: Buffer.from('anyth') });
    expect(masker.text('anything')).toBe('anything');
  });
});

/** What a reader of a log could try on each of its words. */
const decodings = (text: string): string[] =>
  text.split(/[^A-Za-z0-9+/_=-]+/).map((word) => Buffer.from(word, 'base64').toString());
