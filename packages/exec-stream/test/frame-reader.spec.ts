import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Receiver } from './ws-receiver.ts';
import { FrameReader } from '../src/websocket/frame-reader.ts';
import { opcode } from '../src/websocket/opcode.ts';

interface Seen {
  /** One character for each byte: quick to compare. */
  stdout: string;
  stderr: string;
  /** Messages of other channels and control frames, in order. */
  events: string[];
  /** Close code of a broken protocol. */
  violation: number | undefined;
}

interface Frame {
  readonly code: number;
  readonly payload: Buffer;
  readonly final?: boolean;
  readonly reserved?: number;
  readonly masked?: boolean;
}

function bytesOf({ code, payload, final = true, reserved = 0, masked = false }: Frame): Buffer {
  const { length } = payload;
  const mask = masked ? 0x80 : 0;
  const head =
    length < 126
      ? [mask | length]
      : length < 65536
        ? [mask | 126, length >> 8, length & 0xff]
        : [mask | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([
    Buffer.from([(final ? 0x80 : 0) | (reserved << 4) | code, ...head]),
    masked ? Buffer.alloc(4) : Buffer.alloc(0),
    payload,
  ]);
}

const output = (channel: number, text: string): Frame => ({
  code: opcode.binary,
  payload: Buffer.concat([Buffer.from([channel]), Buffer.from(text)]),
});

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return pieces;
}

const append = (seen: Seen, channel: number, piece: Buffer): void => {
  if (channel === 1) seen.stdout += piece.toString('latin1');
  else if (channel === 2) seen.stderr += piece.toString('latin1');
};

const nothing = (): Seen => ({ stdout: '', stderr: '', events: [], violation: undefined });

function ours(pieces: readonly Buffer[]): Seen {
  const seen = nothing();
  const reader = new FrameReader({
    output: (channel, piece) => append(seen, channel, piece),
    message: (channel, payload) => seen.events.push(`${channel} ${payload.toString('latin1')}`),
    control: (code, payload) => seen.events.push(`control ${code} ${payload.toString('latin1')}`),
  });
  // The reader works inside the bytes it gets.
  for (const piece of pieces) seen.violation ??= reader.push(Buffer.from(piece))?.closeCode;
  return seen;
}

/** The same by `ws`: the reference. It hands on whole messages only. */
async function theirs(pieces: readonly Buffer[]): Promise<Seen> {
  const seen = nothing();
  const receiver = new Receiver({
    isServer: false,
    maxPayload: 0,
    skipUTF8Validation: true,
    maxBufferedChunks: 0,
    maxFragments: 0,
  });
  const done = new Promise<void>((resolve) => receiver.once('close', resolve).once('finish', resolve));
  receiver.on('message', (data: Buffer) => {
    const [channel] = data;
    if (channel === undefined) return;
    if (channel === 1 || channel === 2) append(seen, channel, data.subarray(1));
    else seen.events.push(`${channel} ${data.toString('latin1', 1)}`);
  });
  for (const name of ['ping', 'pong'] as const) {
    receiver.on(name, (data: Buffer) => seen.events.push(`control ${opcode[name]} ${data.toString('latin1')}`));
  }
  receiver.on('conclude', (code: number, reason: Buffer) => {
    const head = code === 1005 ? '' : String.fromCharCode(code >> 8, code & 0xff);
    seen.events.push(`control ${opcode.close} ${head}${reason.toString('latin1')}`);
    receiver.removeAllListeners('message').removeAllListeners('ping').removeAllListeners('pong');
  });
  receiver.on('error', (error: Error) => {
    const status = Object.getOwnPropertySymbols(error).find((symbol) => symbol.description === 'status-code');
    seen.violation = status && (error as unknown as Record<symbol, number>)[status];
  });
  for (const piece of pieces) receiver.write(piece);
  receiver.end();
  await done;
  return seen;
}

const length = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 130 }) },
  { weight: 2, arbitrary: fc.integer({ min: 2000, max: 2100 }) },
  { weight: 1, arbitrary: fc.integer({ min: 65_500, max: 66_000 }) },
);
const noise = Buffer.from(Array.from({ length: 66_300 }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
const payload = fc
  .tuple(fc.constantFrom(0, 1, 1, 1, 2, 2, 3, 4, 255), length, fc.integer({ min: 0, max: 255 }))
  .map(([channel, size, seed]) => {
    const bytes = Buffer.from(noise.subarray(seed, seed + size));
    if (size > 0) bytes[0] = channel;
    return bytes;
  });
const control = fc
  .tuple(fc.constantFrom(opcode.ping, opcode.pong), fc.uint8Array({ maxLength: 125 }))
  .map(([code, bytes]): Frame => ({ code, payload: Buffer.from(bytes) }));

/** A message in one to four frames, with control frames between them. */
const message = fc
  .tuple(
    payload,
    fc.constantFrom(opcode.binary, opcode.text),
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), control), { maxLength: 3 }),
  )
  .map(([bytes, code, cuts]): Frame[] => {
    const ends = cuts.map(([share]) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
    const bounds = [0, ...ends, bytes.length];
    return bounds.slice(1).flatMap((end, index): Frame[] => [
      {
        code: index === 0 ? code : opcode.continuation,
        payload: bytes.subarray(bounds[index], end),
        final: index === ends.length,
      },
      ...(cuts[index] ? [cuts[index][1]] : []),
    ]);
  });
const session = fc
  .array(fc.oneof({ weight: 5, arbitrary: message }, { weight: 1, arbitrary: control.map((frame) => [frame]) }), {
    maxLength: 12,
  })
  .map((frames) => frames.flat());
const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20_000 })), {
  minLength: 1,
  maxLength: 20,
});

describe('the frame reader', () => {
  it('reads what ws reads, however messages are split into frames and frames into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(session, sizes, async (frames, pieces) => {
        const bytes = cut(Buffer.concat(frames.map(bytesOf)), pieces);
        expect(ours(bytes)).toEqual(await theirs(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it('breaks where ws breaks, with the same code, and never hands on less', async () => {
    const wild = fc.record({
      code: fc.integer({ min: 0, max: 15 }),
      payload: payload.map((bytes) => bytes.subarray(0, 200)),
      final: fc.boolean(),
      reserved: fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 4),
      masked: fc.constantFrom(false, false, false, false, true),
    });
    const sane = fc.tuple(session, fc.array(wild, { maxLength: 3 }), session).map((parts) => parts.flat());
    await fc.assert(
      fc.asyncProperty(sane, sizes, async (frames, pieces) => {
        const bytes = cut(Buffer.concat(frames.map(bytesOf)), pieces);
        const [mine, reference] = [ours(bytes), await theirs(bytes)];
        expect(mine.violation).toBe(reference.violation);
        expect(mine.events).toEqual(reference.events);
        // It need not wait for the end of a message.
        expect(mine.stdout.startsWith(reference.stdout)).toBe(true);
        expect(mine.stderr.startsWith(reference.stderr)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('breaks where ws breaks on bytes that are no frames', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), sizes, async (anything, pieces) => {
        const bytes = cut(Buffer.from(anything), pieces);
        const [mine, reference] = [ours(bytes), await theirs(bytes)];
        expect(mine.violation).toBe(reference.violation);
        expect(mine.events).toEqual(reference.events);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<{ name: string; frames: Frame[]; code: number | undefined; events?: string[]; stdout?: string }>([
    { name: 'a reserved bit', frames: [{ ...output(1, 'x'), reserved: 4 }], code: 1002 },
    { name: 'an unknown data opcode', frames: [{ code: 3, payload: Buffer.from('x') }], code: 1002 },
    { name: 'an unknown control opcode', frames: [{ code: 11, payload: Buffer.alloc(0) }], code: 1002 },
    { name: 'a masked frame', frames: [{ ...output(1, 'x'), masked: true }], code: 1002 },
    {
      name: 'a control frame in fragments',
      frames: [{ code: opcode.ping, payload: Buffer.alloc(0), final: false }],
      code: 1002,
    },
    { name: 'a control frame of 126 bytes', frames: [{ code: opcode.ping, payload: Buffer.alloc(126) }], code: 1002 },
    {
      name: 'a fragment without a beginning',
      frames: [{ code: opcode.continuation, payload: Buffer.from('x') }],
      code: 1002,
    },
    {
      name: 'a message inside another, after what came before it',
      frames: [{ ...output(1, 'a'), final: false }, output(1, 'b')],
      code: 1002,
      stdout: 'a',
    },
    {
      name: 'a message of several frames around a ping',
      frames: [
        { ...output(1, 'a'), final: false },
        { code: opcode.ping, payload: Buffer.from('p') },
        { code: opcode.continuation, payload: Buffer.from('b') },
      ],
      code: undefined,
      stdout: 'ab',
      events: ['control 9 p'],
    },
    { name: 'a close code of one byte', frames: [{ code: opcode.close, payload: Buffer.from([3]) }], code: 1002 },
    ...[999, 1004, 1005, 1006, 1015, 2999, 5000].map((code) => ({
      name: `the close code ${code}`,
      frames: [{ code: opcode.close, payload: Buffer.from([code >> 8, code & 0xff]) }],
      code: 1002,
    })),
    ...[1000, 1011, 3000, 4999].map((code) => ({
      name: `the close code ${code}, and nothing after it`,
      frames: [{ code: opcode.close, payload: Buffer.from([code >> 8, code & 0xff]) }, output(1, 'late')],
      code: undefined,
      stdout: '',
      events: [`control 8 ${String.fromCharCode(code >> 8, code & 0xff)}`],
    })),
    {
      name: 'a status of more than a mebibyte',
      frames: [{ code: opcode.binary, payload: Buffer.alloc(1_100_000, 3) }],
      code: 1009,
    },
    {
      name: 'an empty message and an empty frame of stdout',
      frames: [{ code: opcode.binary, payload: Buffer.alloc(0) }, output(1, '')],
      code: undefined,
      stdout: '',
    },
  ])('knows $name', ({ frames, code, events = [], stdout }) => {
    const bytes = Buffer.concat(frames.map(bytesOf));
    for (const pieces of [[bytes.length], [1], [3, 2]]) {
      const seen = ours(cut(bytes, pieces));
      expect({ code: seen.violation, events: seen.events }).toEqual({ code, events });
      if (stdout !== undefined) expect(seen.stdout).toBe(stdout);
    }
  });

  it('refuses a frame longer than a number can say', () => {
    expect(ours([Buffer.from([0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 0])]).violation).toBe(1009);
  });

  it('hands a piece of a large frame on before the rest is there', () => {
    const bytes = bytesOf(output(1, 'x'.repeat(100_000)));
    expect(ours([bytes.subarray(0, 1000)]).stdout.length).toBe(1000 - 11);
  });
});
