import { skipSpace, skipString, skipValue } from './scan.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** A piece of a text. */
type Range = { readonly from: number; readonly to: number };

/**
 * `JSON.parse` of the text without the member at this path, of which no value is made. A text in which there is no such
 * member is parsed whole.
 * @example readWithout(line, ['object', 'metadata', 'managedFields'])
 */
export const readWithout = (bytes: Buffer, path: readonly string[]): unknown => {
  const member = rangeOf(bytes, 0, path);
  return member === undefined ? JSON.parse(bytes.toString()) : parseAround(bytes, [member]);
};

/** The same for each item of the list in the member `items` of the text. */
export const readItemsWithout = (bytes: Buffer, path: readonly string[]): unknown => {
  const members: Range[] = [];
  for (const from of itemsIn(bytes)) {
    const member = rangeOf(bytes, from, path);
    if (member !== undefined) members.push(member);
  }
  return parseAround(bytes, members);
};

const parseAround = (bytes: Buffer, left: readonly Range[]): unknown => {
  const kept: string[] = [];
  let from = 0;
  for (const { from: end, to } of left) {
    kept.push(bytes.toString('utf8', from, end));
    from = to;
  }
  kept.push(bytes.toString('utf8', from));
  return JSON.parse(kept.join(''));
};

/** Where each item of the list starts. */
function* itemsIn(bytes: Buffer): Generator<number, void> {
  const list = memberNamed(bytes, 0, 'items');
  let at = list === undefined ? bytes.length : skipSpace(bytes, list.valueFrom);
  if (bytes[at] !== OPEN_BRACKET) return;
  for (at = skipSpace(bytes, at + 1); bytes[at] === OPEN_BRACE; at = skipSpace(bytes, at)) {
    yield at;
    at = skipSpace(bytes, skipValue(bytes, at));
    if (bytes[at] === COMMA) at += 1;
  }
}

/** The member at the path below the object that starts here, with the comma that goes when it goes. */
const rangeOf = (bytes: Buffer, object: number, path: readonly string[]): Range | undefined => {
  let member: Member | undefined;
  let at = object;
  for (const name of path) {
    member = memberNamed(bytes, at, name);
    if (member === undefined) return undefined;
    at = member.valueFrom;
  }
  if (member === undefined) return undefined;
  const to = skipValue(bytes, at);
  if (member.comma !== undefined) return { from: member.comma, to };
  const behind = skipSpace(bytes, to);
  return { from: member.from, to: bytes[behind] === COMMA ? behind + 1 : to };
};

type Member = { readonly from: number; readonly comma: number | undefined; readonly valueFrom: number };

const memberNamed = (bytes: Buffer, object: number, name: string): Member | undefined => {
  let at = skipSpace(bytes, object);
  if (bytes[at] !== OPEN_BRACE) return undefined;
  let comma: number | undefined;
  for (at = skipSpace(bytes, at + 1); bytes[at] === QUOTE; at = skipSpace(bytes, at)) {
    const from = at;
    const behindKey = skipString(bytes, from);
    const valueFrom = skipSpace(bytes, behindKey) + 1; // behind the colon
    // The quotes are part of the comparison: they make the lengths equal.
    if (behindKey - from === name.length + 2 && isText(bytes, from + 1, name)) return { from, comma, valueFrom };
    at = skipSpace(bytes, skipValue(bytes, valueFrom));
    if (bytes[at] !== COMMA) return undefined;
    comma = at;
    at += 1;
  }
  return undefined;
};

const isText = (bytes: Buffer, from: number, text: string): boolean => {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[from + index] !== text.charCodeAt(index)) return false;
  }
  return true;
};
