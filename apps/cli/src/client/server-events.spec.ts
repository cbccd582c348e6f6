import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { serverEvents, type ServerSentEvent } from './server-events.ts';

async function* cut(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array, void> {
  const at = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (const [index, end] of at.slice(1).entries()) yield bytes.subarray(at[index], end);
}

const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
};

const eventsOf = async (text: string, cuts: readonly number[] = []): Promise<ServerSentEvent[]> =>
  collect(serverEvents(cut(Buffer.from(text), cuts)));

describe('serverEvents', () => {
  it.each([
    ['an event', 'id: 7\nevent: output\ndata: {"a":1}\n\n', [{ id: '7', type: 'output', data: '{"a":1}' }]],
    ['data of several lines', 'data: a\ndata:b\ndata\n\n', [{ id: '', type: 'message', data: 'a\nb\n' }]],
    [
      'an id that stays',
      'id: 1\ndata: a\n\ndata: b\n\n',
      ['a', 'b'].map((data) => ({ id: '1', type: 'message', data })),
    ],
    [
      'comments and unknown fields',
      ': hi\nretry: 5\nfoo: bar\n\ndata: a\n\n',
      [{ id: '', type: 'message', data: 'a' }],
    ],
    ['an unfinished event', 'data: a\n\ndata: b\n', [{ id: '', type: 'message', data: 'a' }]],
    ['nothing', '', []],
  ])('reads %s', async (_name, text, want) => {
    expect(await eventsOf(text)).toEqual(want);
  });

  it.each(['\n', '\r\n', '\r'])('reads the same with line end %j, wherever the pieces are cut', async (end) => {
    const text = ['id: 1', 'data: grüße', '', 'id: 2', 'event: x', 'data: 日本', 'data: 🎉', '', ''].join(end);
    const want = [
      { id: '1', type: 'message', data: 'grüße' },
      { id: '2', type: 'x', data: '日本\n🎉' },
    ];
    // After a lone CR at the very end it stays open whether LF follows, so one more byte settles it.
    const bytes = Buffer.byteLength(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes)), async (cuts) => {
        expect(await eventsOf(end === '\r' ? `${text}:` : text, cuts)).toEqual(want);
      }),
    );
  });
});
