import { describe, expect, it } from '@jest/globals';
import { outputBytes } from '@danube/contract';
import fc from 'fast-check';
import { type Checkpoint, type Place, START } from '../durable/checkpoint-file.ts';
import type { OutputChunk, OutputReading, StreamName } from '../worker/step-runner.ts';
import { SecretMasker } from '../secrets/secret-masker.ts';
import { Lane, type Numbered, type OutputSource } from './lane.ts';

const streams = ['stdout', 'stderr'] as const;

/** Output that stands in memory and is read in chunks of a given size; it can break off at an offset of stdout. */
class MemorySource implements OutputSource {
  readonly #output: Readonly<Record<StreamName, Buffer>>;
  readonly #chunkBytes: number;
  readonly #breaksAt: number;
  readonly told: (Place['offsets'] | 'discard')[] = [];

  constructor(output: Readonly<Record<StreamName, Buffer>>, chunkBytes: number, breaksAt = Infinity) {
    this.#output = output;
    this.#chunkBytes = chunkBytes;
    this.#breaksAt = breaksAt;
  }

  from(offsets: Place['offsets']): OutputReading {
    return Object.assign(this.#from(offsets), { release: (upTo: Place['offsets']) => void this.told.push(upTo) });
  }

  discard(): void {
    this.told.push('discard');
  }

  async *#from(offsets: Place['offsets']): AsyncGenerator<OutputChunk, void, void> {
    for (const stream of streams) {
      const all = this.#output[stream];
      for (let offset = offsets[stream]; offset < all.length; offset += this.#chunkBytes) {
        if (stream === 'stdout' && offset >= this.#breaksAt) throw new TypeError('the volume is gone');
        yield { stream, offset, data: all.subarray(offset, offset + this.#chunkBytes) };
      }
    }
  }

  async read(stream: StreamName, offset: number, bytes: number): Promise<Buffer> {
    return this.#output[stream].subarray(offset, offset + bytes);
  }
}

const taken = async (lane: Lane): Promise<Numbered[]> => {
  const all: Numbered[] = [];
  for await (const numbered of lane.events()) all.push(numbered);
  return all;
};

const noSecrets = new SecretMasker([]);
type LaneInput = { readonly masker?: SecretMasker; readonly from?: Checkpoint };

/** A job of two steps with this output; the chunks are of a size that nobody promises. */
const jobLane = (
  outputs: readonly Buffer[][],
  chunkBytes: number,
  { masker = noSecrets, from }: LaneInput = {},
): Lane => {
  let clock = 1_000_000 + chunkBytes;
  const lane = new Lane(() => clock++, masker, from);
  lane.report({ type: 'job.started' }, 1);
  for (const [step, [stdout = Buffer.alloc(0), stderr = Buffer.alloc(0)]] of outputs.entries()) {
    lane.report({ type: 'step.started', step, attempt: 1 }, 2);
    lane.output(step, new MemorySource({ stdout, stderr }, chunkBytes));
    lane.report({ type: 'step.skipped', step }, 3);
  }
  lane.finish({ state: 'succeeded' }, 4);
  return lane;
};

describe('Lane', () => {
  it('numbers everything in order, and puts output between the reports of its step', async () => {
    const lane = jobLane([[Buffer.from('out'), Buffer.from('err')]], 100);
    expect((await taken(lane)).map(({ event }) => `${event.seq} ${event.type}`)).toEqual([
      '1 job.started',
      '2 step.started',
      '3 output',
      '4 output',
      '5 step.skipped',
      '6 job.finished',
    ]);
    expect(await lane.numbered).toBe(6);
  });

  it('reports what came before a failure, and calls the log incomplete', async () => {
    const lane = new Lane(Date.now, noSecrets);
    const output = { stdout: Buffer.from('abcdef'), stderr: Buffer.alloc(0) };
    lane.output(0, new MemorySource(output, 2, 4));
    lane.finish({ state: 'error' }, 1);
    const events = (await taken(lane)).map(({ event }) => event);
    expect(events.map((event) => (event.type === 'output' ? event.data : event.type))).toEqual([
      'ab',
      'cd',
      'job.finished',
    ]);
    expect(events.at(-1)).toMatchObject({ logComplete: false });
  });

  it('makes the very events again that were sent, and goes on after them without gap or repetition', async () => {
    const secrets = ['hunter22-secret', 'secret-and-more'];
    const masker = new SecretMasker(secrets);
    const withSecrets = fc
      .array(fc.constantFrom(...secrets, 'hunter', '-secret', 'x\n', ' '), { maxLength: 6 })
      .map((parts) => parts.join(''));
    const bytes = fc.oneof(
      withSecrets,
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
    );
    const cases = fc.record({
      parts: fc.array(fc.tuple(bytes, bytes), { minLength: 1, maxLength: 3 }),
      chunk1: fc.integer({ min: 1, max: 20 }),
      chunk2: fc.integer({ min: 1, max: 20 }),
      pick1: fc.nat(),
      pick2: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ parts, chunk1, chunk2, pick1, pick2 }) => {
        const buffers = parts.map((pair) => pair.map((part) => Buffer.from(part as string)));
        const first = await taken(jobLane(buffers, chunk1, { masker }));
        const acked = pick1 % (first.length + 1);
        const sent = first.slice(acked, acked + (pick2 % (first.length - acked + 1)));
        const place = first[acked - 1]?.after ?? START;
        const from = JSON.stringify({ seq: acked, place, sent: sent.map((numbered) => numbered.sent) });
        const second = await taken(jobLane(buffers, chunk2, { masker, from: JSON.parse(from) as Checkpoint }));
        expect(second.slice(0, sent.length).map(({ event }) => event)).toEqual(sent.map(({ event }) => event));
        const all = [...first.slice(0, acked), ...second].map(({ event }) => event);
        expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
        for (const [step, pair] of buffers.entries()) {
          for (const [index, stream] of streams.entries()) {
            const pieces = all.flatMap((event) =>
              event.type === 'output' && event.step === step && event.stream === stream ? [outputBytes(event)] : [],
            );
            expect(Buffer.concat(pieces)).toEqual(masker.mask(pair[index] ?? Buffer.alloc(0)));
          }
        }
        expect(all.at(-1)?.type).toBe('job.finished');
      }),
    );
  });

  it('lets the journal go of what has been stored, and of the rest once that is passed', async () => {
    const source = new MemorySource({ stdout: Buffer.from('abcdef'), stderr: Buffer.alloc(0) }, 3);
    const lane = new Lane(() => 1, noSecrets);
    lane.report({ type: 'step.started', step: 0, attempt: 1 }, 1);
    lane.output(0, source);
    lane.finish({ state: 'succeeded' }, 1);
    for await (const { after } of lane.events()) lane.release(after);
    expect(source.told).toEqual([{ stdout: 3, stderr: 0 }, { stdout: 6, stderr: 0 }, 'discard']);
  });

  it('lets the journal go of what an earlier coordinator has reported', async () => {
    const source = new MemorySource({ stdout: Buffer.from('abcdef'), stderr: Buffer.alloc(0) }, 3);
    const lane = new Lane(() => 1, noSecrets, { seq: 5, place: { ...START, entry: 1 }, sent: [] });
    lane.output(0, source);
    lane.finish({ state: 'succeeded' }, 1);
    expect((await taken(lane)).map(({ event }) => event.seq)).toEqual([6]);
    expect(source.told).toEqual(['discard']);
  });
});
