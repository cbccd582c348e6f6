import { describe, expect, it } from '@jest/globals';
import { type AnySelection, compileSelection, mergeSelections } from './field-selection.ts';
import { readFields } from './read-fields.ts';
import { readItemsWithout, readWithout } from './read-without.ts';
import { skipValue } from './scan.ts';

/** The same numbers for the same seed, so that a failure can be seen again. */
const seeded = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
};

const names = ['a', 'b', 'metadata', 'name', 'items', 'é', '日本', 'with"quote', 'back\\slash', '', 'x\ny', 'toString'];
const texts = [
  '',
  'Running',
  'ü',
  '😀',
  '\\',
  '"',
  '\\"',
  'a\u0000b',
  '\u2028',
  '}',
  ']',
  '{"a":',
  ',',
  'x'.repeat(200),
];
const numbers = [0, -0, 1, -1, 12, 1e21, 1.5e-7, -2.25, 123456789012345, 1234567890123456, 9007199254740993, 5e-324];

/** Random JSON values, objects deep, with everything that makes a parser stumble. */
const randomJson = (random: () => number) => {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const value = (depth: number): unknown => {
    const kind = random();
    if (depth === 0 || kind < 0.3) return pick<unknown>([pick(texts), pick(numbers), true, false, null]);
    const size = Math.floor(random() * 5);
    if (kind < 0.5) return Array.from({ length: size }, () => value(depth - 1));
    return Object.fromEntries(Array.from({ length: size }, () => [pick(names), value(depth - 1)]));
  };
  const selection = (depth: number): AnySelection =>
    Object.fromEntries(
      Array.from({ length: 1 + Math.floor(random() * 3) }, () => [
        pick(names),
        depth === 0 || random() < 0.4 ? true : selection(depth - 1),
      ]),
    );
  /** The text in one of the many ways in which it can be written. */
  const write = (json: unknown): string => {
    const space = (): string => (random() < 0.1 ? pick([' ', '\n', '\t ', '\r\n']) : '');
    if (Array.isArray(json)) return `[${space()}${json.map((item) => write(item) + space()).join(`,${space()}`)}]`;
    if (typeof json === 'object' && json !== null) {
      const members = Object.entries(json).map(
        ([key, inside]) => `${space()}${quoted(key)}${space()}:${space()}${write(inside)}${space()}`,
      );
      return `{${members.join(',')}${space()}}`;
    }
    return typeof json === 'string' ? quoted(json) : Object.is(json, -0) ? '-0' : JSON.stringify(json);
  };
  const quoted = (text: string): string =>
    random() < 0.7
      ? JSON.stringify(text)
      : `"${Array.from(text, (char) => (random() < 0.5 ? escaped(char) : JSON.stringify(char).slice(1, -1))).join('')}"`;
  const escaped = (char: string): string =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  return { value, selection, write, pick };
};

/** What `readFields` promises, done on values. */
const selected = (value: unknown, selection: true | AnySelection): unknown => {
  if (selection === true || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => selected(item, selection));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => Object.hasOwn(selection, key))
      .map(([key, inside]) => [key, selected(inside, selection[key] as true | AnySelection)]),
  );
};

const without = (value: unknown, path: readonly string[]): unknown => {
  const [name = '', ...rest] = path;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return value;
  const { [name]: inside, ...others } = value as Record<string, unknown>;
  return rest.length === 0 ? others : { ...others, [name]: without(inside, rest) };
};

describe('reading JSON by its bytes', () => {
  it('gives for any text and selection what JSON.parse gives, less what was not selected', () => {
    const random = seeded(1);
    const { value, selection, write } = randomJson(random);
    for (let turn = 0; turn < 5_000; turn += 1) {
      const text = write(value(5));
      const wanted = selection(3);
      expect([text, wanted, readFields(Buffer.from(text), compileSelection(wanted))]).toEqual([
        text,
        wanted,
        selected(JSON.parse(text), wanted),
      ]);
    }
  });

  it('finds the end of any value, whatever follows it', () => {
    const { value, write } = randomJson(seeded(2));
    for (let turn = 0; turn < 2_000; turn += 1) {
      const text = write(value(5));
      const bytes = Buffer.from(`${text},"]}`);
      expect(bytes.toString('utf8', 0, skipValue(bytes, 0))).toBe(text);
    }
  });

  it('leaves out one member wherever it stands, in a text and in each of its items', () => {
    const { value, write, pick } = randomJson(seeded(3));
    const plain = ['a', 'b', 'metadata', 'name', 'items'];
    for (let turn = 0; turn < 3_000; turn += 1) {
      // Names as Kubernetes writes them: one that is spelled with escapes is not found, and stays.
      const text = JSON.stringify(value(5), undefined, pick([undefined, 1]));
      const path = Array.from({ length: 1 + (turn % 3) }, () => pick(plain));
      expect(readWithout(Buffer.from(text), path)).toEqual(without(JSON.parse(text), path));

      const item = () => ({ a: value(3), b: value(3) });
      const list = JSON.stringify({ metadata: value(2), items: Array.from({ length: turn % 4 }, item) });
      const { items, ...rest } = JSON.parse(list) as { items: unknown[] };
      const expected = { ...rest, items: items.map((one) => without(one, path)) };
      expect(readItemsWithout(Buffer.from(list), path)).toEqual(expected);
      expect(() => readWithout(Buffer.from(write(value(4))), path)).not.toThrow();
    }
  });

  it('ends on any text that is cut or damaged, with a SyntaxError or a value', () => {
    const random = seeded(4);
    const { value, selection, write } = randomJson(random);
    let refused = 0;
    for (let turn = 0; turn < 3_000; turn += 1) {
      const bytes = Buffer.from(write(value(4)));
      const at = Math.floor(random() * bytes.length);
      const damaged = turn % 2 === 0 ? bytes.subarray(0, at) : bytes;
      if (turn % 2 === 1) bytes[at] = Math.floor(random() * 256);
      for (const read of [
        () => readFields(damaged, compileSelection(selection(3))),
        () => readWithout(damaged, ['metadata', 'name']),
        () => readItemsWithout(damaged, ['metadata', 'name']),
      ]) {
        try {
          read();
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
          refused += 1;
        }
      }
    }
    expect(refused).toBeGreaterThan(3_000);
  });

  it('gives texts that come again as the same string, and gives up where none does', () => {
    const selection = compileSelection({ phase: true, uid: true });
    const read = (uid: number) =>
      readFields(Buffer.from(`{"phase":"Running","uid":"${uid}"}`), selection) as { phase: string; uid: string };
    for (let turn = 0; turn < 3_000; turn += 1) expect(read(turn)).toEqual({ phase: 'Running', uid: String(turn) });
  });

  it('refuses a selection that is none, naming the field', () => {
    expect(() => compileSelection({ a: { b: 1 } } as never)).toThrow('b: expected true or a selection of its fields');
    expect(() => compileSelection(JSON.parse('{"__proto__":true}') as AnySelection)).toThrow('"__proto__"');
    expect(() => compileSelection({ a: null } as never)).toThrow('a: expected true');
  });

  it('puts selections together, the wider of two', () => {
    expect(
      mergeSelections({ a: { b: true }, c: true, d: { e: true } }, { a: { x: true }, c: { y: true }, d: true }),
    ).toEqual({ a: { b: true, x: true }, c: true, d: true });
  });
});
