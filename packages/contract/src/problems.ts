import type * as z from 'zod';

/** One thing that is wrong with an input: where, and what was expected. */
export type Problem = {
  readonly path: readonly (string | number)[];
  /** For people: `steps[1].timeout: expected a duration like "90s", got "soon"`. */
  readonly message: string;
};

/** Explains a failed parse of `input`, one problem per wrong place; unknown keys come with the nearest known one. */
export const problemsOf = (error: z.ZodError, input: unknown, knownKeys: readonly string[] = []): Problem[] =>
  error.issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey([...path, key], key, knownKeys) }));
    }
    // The key itself is what is wrong, not the value.
    const got = issue.code === 'invalid_key' ? path.at(-1) : valueAt(input, path);
    return [{ path, message: `${pathText(path)}: ${expectation(issue)}, got ${show(got)}` }];
  });

/** `steps[1].timeout` for `['steps', 1, 'timeout']`. */
export const pathText = (path: readonly (string | number)[]): string =>
  path.length === 0
    ? 'the document'
    : path.reduce<string>(
        (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
        '',
      );

const unknownKey = (path: readonly (string | number)[], key: string, known: readonly string[]): string => {
  const nearest = known
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const near = nearest !== undefined && nearest.distance <= Math.ceil(key.length / 2);
  return `${pathText(path)}: unknown key${near ? `, did you mean "${nearest.candidate}"?` : ''}`;
};

const expectation = (issue: z.core.$ZodIssue): string => {
  if (issue.message.startsWith('expected')) return issue.message;
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code === 'invalid_type') return `expected ${article(issue.expected)}`;
  if (issue.code === 'too_small')
    return `expected at least ${issue.minimum} ${issue.origin === 'string' ? 'character' : 'entry'}`;
  if (issue.code === 'too_big')
    return `expected at most ${issue.maximum} ${issue.origin === 'string' ? 'characters' : 'entries'}`;
  return issue.message;
};

const article = (type: string): string =>
  ({
    string: 'a string',
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
    boolean: 'true or false',
    number: 'a number',
  })[type] ?? type;

const valueAt = (input: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((value, part) => (value as Record<string | number, unknown> | null | undefined)?.[part], input);

const show = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, charA] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, charB] of Array.from(b).entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (charA === charB ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};
