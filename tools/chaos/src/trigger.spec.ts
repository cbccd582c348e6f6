import { describe, expect, it } from '@jest/globals';
import type { Fault, Marker } from './fault.ts';
import { Trigger } from './trigger.ts';

/** Bytes that passed before it happened, of what the server sent in pieces of this length; undefined when it did not happen. */
function passedBefore(fault: Fault, text: string, pieceBytes: number): number | undefined {
  const trigger = new Trigger(fault);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    const left = trigger.look('server', piece);
    if (left <= piece.length) return at + left;
  }
  return undefined;
}

describe('a trigger', () => {
  const text = 'HTTP/1.1 101\r\n\r\nout 1\nout 2\n';
  const at = (skipBytes: number, from: Marker['from'] = 'server'): Fault => ({
    kind: 'reset',
    at: { from, text: 'out ', skipBytes },
  });

  it.each([1, 2, 3, 7, 100])('finds its text in pieces of %i bytes', (pieceBytes) => {
    // It cannot happen before the piece in which the text ends.
    expect(passedBefore(at(0), text, pieceBytes)).toBe(pieceBytes === 1 ? 19 : 18);
    expect(passedBefore(at(5), text, pieceBytes)).toBe(23);
    expect(passedBefore(at(500), text, pieceBytes)).toBeUndefined();
    expect(passedBefore(at(0, 'client'), text, pieceBytes)).toBeUndefined();
    expect(passedBefore({ kind: 'reset', afterBytes: 11 }, text, pieceBytes)).toBe(11);
    expect(passedBefore({ kind: 'none', afterBytes: 11 }, text, pieceBytes)).toBeUndefined();
  });
});
