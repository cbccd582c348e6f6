import { ExecError, ExecStartError } from '../errors.ts';
import type { RunState, StreamBytes } from '../types.ts';

/** A piece of what the relay sends. Output comes in any number of pieces. */
export type RelayEvent =
  | { readonly kind: 'stdout' | 'stderr'; readonly data: Buffer }
  | { readonly kind: 'state'; readonly state: RunState }
  | { readonly kind: 'alive' }
  | { readonly kind: 'record'; readonly text: string }
  | { readonly kind: 'lost' };

const states: readonly RunState[] = ['started', 'running', 'exited', 'lost'];

const MAX_RECORD_BYTES = 64 * 1024;
/** A letter, a space, a length, and the end of the line. */
const MAX_HEADER_BYTES = 24;

/** Reads the relay's frames, however they are cut. Output is handed on as it comes: a half frame is as good as a whole one. */
export class RelayParser {
  #header = '';
  #letter: Letter = 'h';
  #left = 0;
  #text: Buffer[] = [];

  /** @throws ExecError EXEC_PROTOCOL when these are not frames, and what the frames report as failure */
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
    const match = /^([oehxlsfOE]) (\d{1,15})$/.exec(this.#header);
    if (!match) throw new ExecError('EXEC_PROTOCOL', 'the relay sent something else than frames', { started: 'maybe' });
    this.#header = '';
    this.#body(match[1] as Letter, Number(match[2]), events);
    return bytes.subarray(end + 1);
  }

  /** What comes after a header: for some letters the number is all there is. */
  #body(letter: Letter, number: number, events: RelayEvent[]): void {
    if (letter === 'h') events.push({ kind: 'alive' });
    else if (letter === 'l') events.push({ kind: 'lost' });
    else if (letter === 's') events.push({ kind: 'state', state: states[number] ?? 'lost' });
    else if (letter === 'O' || letter === 'E') throw freed(letter === 'O' ? 'stdout' : 'stderr', number);
    else {
      this.#letter = letter;
      this.#left = number;
      this.#text = [];
      if ((letter === 'x' || letter === 'f') && number > MAX_RECORD_BYTES) {
        throw new ExecError('EXEC_JOURNAL', 'the exit record is too long', { started: 'yes' });
      }
    }
  }

  #readBody(bytes: Buffer, events: RelayEvent[]): Buffer {
    const data = bytes.subarray(0, this.#left);
    this.#left -= data.length;
    if (this.#letter === 'o') events.push({ kind: 'stdout', data });
    else if (this.#letter === 'e') events.push({ kind: 'stderr', data });
    else {
      this.#text.push(data);
      if (this.#left === 0) events.push(this.#whole(Buffer.concat(this.#text).toString('utf8')));
    }
    return bytes.subarray(data.length);
  }

  #whole(text: string): RelayEvent {
    if (this.#letter === 'f') throw new ExecStartError('EXEC_START_FAILED', text, { started: 'no' });
    return { kind: 'record', text };
  }
}

type Letter = 'o' | 'e' | 'h' | 'x' | 'l' | 's' | 'f' | 'O' | 'E';

/** What an offset means that lies before what is left of a journal. */
export const freed = (stream: keyof StreamBytes, begin: number): ExecError =>
  new ExecError('EXEC_FREED', `${stream} begins at ${begin}`, { started: 'yes' });
