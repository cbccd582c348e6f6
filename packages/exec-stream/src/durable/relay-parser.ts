import { ExecError } from '../errors.ts';

/** A piece of what the relay sends. Output comes in any number of pieces. */
export type RelayEvent =
  | { readonly kind: 'stdout' | 'stderr'; readonly data: Buffer }
  | { readonly kind: 'record'; readonly text: string }
  | { readonly kind: 'lost' };

const MAX_RECORD_BYTES = 64 * 1024;
/** A letter, a space, a length, and the end of the line. */
const MAX_HEADER_BYTES = 24;

/** Reads the relay's frames, however they are cut. Output is handed on as it comes: a half frame is as good as a whole one. */
export class RelayParser {
  #header = '';
  #letter = '';
  #left = 0;
  #record: Buffer[] = [];

  /** @throws ExecError EXEC_PROTOCOL when these are not frames */
  push(bytes: Buffer): RelayEvent[] {
    const events: RelayEvent[] = [];
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#left === 0) rest = this.#readHeader(rest, events);
      else rest = this.#readBody(rest, events);
    }
    return events;
  }

  #readHeader(bytes: Buffer, events: RelayEvent[]): Buffer {
    const end = bytes.indexOf(0x0a);
    this.#header += bytes.toString('latin1', 0, end === -1 ? Math.min(bytes.length, MAX_HEADER_BYTES) : end);
    if (end === -1 && this.#header.length < MAX_HEADER_BYTES) return bytes.subarray(bytes.length);
    const match = /^([oehxl]) (\d{1,15})$/.exec(this.#header);
    if (!match) throw new ExecError('EXEC_PROTOCOL', 'the relay sent something else than frames', { started: 'maybe' });
    this.#header = '';
    this.#letter = match[1] ?? '';
    this.#left = Number(match[2]);
    this.#record = [];
    if (this.#letter === 'l') events.push({ kind: 'lost' });
    if (this.#letter === 'x' && this.#left > MAX_RECORD_BYTES) {
      throw new ExecError('EXEC_JOURNAL', 'the exit record is too long', { started: 'yes' });
    }
    return bytes.subarray(end + 1);
  }

  #readBody(bytes: Buffer, events: RelayEvent[]): Buffer {
    const data = bytes.subarray(0, this.#left);
    this.#left -= data.length;
    if (this.#letter === 'o') events.push({ kind: 'stdout', data });
    else if (this.#letter === 'e') events.push({ kind: 'stderr', data });
    else if (this.#letter === 'x') {
      this.#record.push(data);
      if (this.#left === 0) events.push({ kind: 'record', text: Buffer.concat(this.#record).toString('utf8') });
    }
    return bytes.subarray(data.length);
  }
}
