import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Receiver } from './ws-receiver.ts';
import { clientFrame } from '../src/websocket/frame-writer.ts';
import { opcode } from '../src/websocket/opcode.ts';

describe('a frame of the client', () => {
  it('is one whole masked message that ws as a server reads', async () => {
    const part = fc.uint8Array({ maxLength: 300 });
    const long = fc.integer({ min: 65_530, max: 65_540 }).map((length) => new Uint8Array(length).fill(7));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 9, arbitrary: part }, { weight: 1, arbitrary: long }), { maxLength: 3 }),
        async (parts) => {
          const receiver = new Receiver({ isServer: true });
          const messages: Buffer[] = [];
          receiver.on('message', (data: Buffer) => messages.push(data));
          const frame = clientFrame(opcode.binary, ...parts);
          await new Promise((resolve, reject) => {
            receiver.once('error', reject).once('finish', resolve);
            receiver.end(frame);
          });
          expect(frame[0]).toBe(0x82);
          expect(messages).toEqual([Buffer.concat(parts)]);
        },
      ),
    );
  });

  it('has a mask that nobody can foresee', () => {
    const masks = new Set(Array.from({ length: 5000 }, () => clientFrame(opcode.ping).toString('hex', 2, 6)));
    expect(masks.size).toBeGreaterThan(4990);
  });
});
