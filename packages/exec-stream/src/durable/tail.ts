import { ExecError } from '../errors.ts';
import type { ExitRecord, JournalChunk } from '../types.ts';
import type { RunFiles, Segment, StreamName } from './run-files.ts';

const CHUNK_BYTES = 128 * 1024;

/** One growing stream of a journal, read from an offset on, file after file. */
export class Tail implements AsyncDisposable {
  readonly stream: StreamName;
  readonly #files: RunFiles;
  #offset: number;
  #segment: Segment | undefined;

  constructor(files: RunFiles, stream: StreamName, offset: number) {
    this.#files = files;
    this.stream = stream;
    this.#offset = offset;
  }

  /** The next piece, or undefined at the end of what is there. With a record, its byte count is the end. */
  async next(record: ExitRecord | undefined): Promise<JournalChunk | undefined> {
    const end = record?.bytes[this.stream] ?? Number.MAX_SAFE_INTEGER;
    if (this.#offset > end) throw this.#broken('the offset is behind the end');
    const wantedBytes = Math.min(CHUNK_BYTES, end - this.#offset);
    if (wantedBytes === 0) return undefined;
    const data =
      (await this.#read(wantedBytes)) ?? ((await this.#moveOn()) ? await this.#read(wantedBytes) : undefined);
    if (data) {
      const offset = this.#offset;
      this.#offset += data.length;
      return { stream: this.stream, offset, data };
    }
    if (record) throw this.#broken(`${end} bytes were recorded, ${this.#offset} are there`);
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#segment?.file.close();
  }

  async #read(wantedBytes: number): Promise<Buffer | undefined> {
    this.#segment ??= await this.#files.segmentWith(this.stream, this.#offset);
    if (!this.#segment) return undefined;
    const { file, begin } = this.#segment;
    const buffer = Buffer.allocUnsafe(wantedBytes);
    const { bytesRead } = await file.read(buffer, 0, wantedBytes, this.#offset - begin);
    if (bytesRead === 0) return undefined;
    // A short piece must not keep a whole buffer alive.
    return bytesRead < wantedBytes / 2 ? Buffer.from(buffer.subarray(0, bytesRead)) : buffer.subarray(0, bytesRead);
  }

  /** Goes on to the next file, which exists only when this one is complete. */
  async #moveOn(): Promise<boolean> {
    if (!this.#segment || this.#segment.begin === this.#offset) return false;
    const next = await this.#files.segment(this.stream, this.#offset);
    if (!next) return false;
    const before = this.#segment;
    this.#segment = next;
    await before.file.close();
    return true;
  }

  #broken(detail: string): ExecError {
    return new ExecError('EXEC_JOURNAL', `${this.stream}: ${detail}`, { started: 'yes' });
  }
}
