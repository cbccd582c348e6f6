import { channel } from '../protocol/frames.ts';
import { parseStatus } from '../protocol/status.ts';
import type { CapturedPiece, ExecCapture } from './exec-tap.ts';
import { FrameParser, opcode, type WireFrame } from './frame-parser.ts';

/**
 * Prints a captured session readably, one line for each head, frame and end: when, from whom, what. Credentials are left out; the
 * beginnings of output and stdin are shown, and so is the command.
 *
 * @example
 * console.log(decodeSession(tap.captures[0]));
 * //    0.2 ms  client  GET /api/v1/namespaces/ns/pods/p/exec?container=c&command=true&stdout=true&stderr=true
 * //    1.4 ms  server  101 Switching Protocols, v5.channel.k8s.io
 * //    1.9 ms  server  stdout "hello\n"
 * //    2.5 ms  server  status: Success
 * //    2.5 ms  server  close 1000
 */
export function decodeSession(capture: ExecCapture): string {
  const readers = { client: new SideReader(), server: new SideReader() };
  const lines = capture.flatMap((piece) => readers[piece.from].read(piece).map((text) => line(piece, text)));
  for (const from of ['client', 'server'] as const) {
    const bytes = readers[from].waiting;
    if (bytes > 0) lines.push(`            ${from}  ${bytes} bytes of something that did not come to its end`);
  }
  return lines.join('\n');
}

const line = ({ atMs, from }: CapturedPiece, text: string): string =>
  `${atMs.toFixed(1).padStart(8)} ms  ${from}  ${text}`;

/** Reads what one side sent: the head of HTTP, and frames after it. */
class SideReader {
  readonly #frames = new FrameParser();
  #head: Buffer | undefined = Buffer.alloc(0);

  read({ bytes }: CapturedPiece): string[] {
    if (bytes.length === 0) return ['ends'];
    if (this.#head === undefined) return this.#frames.push(bytes).map(frameText);
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end === -1) return [];
    const [head, rest] = [this.#head.toString('latin1', 0, end), this.#head.subarray(end + 4)];
    this.#head = undefined;
    if (isUpgrade(head)) return [headText(head), ...this.#frames.push(rest).map(frameText)];
    return [headText(head), ...(rest.length > 0 ? [`body ${preview(rest)}`] : [])];
  }

  get waiting(): number {
    return this.#head?.length ?? this.#frames.waitingBytes;
  }
}

const isUpgrade = (head: string): boolean => head.startsWith('GET ') || / 101 /.test(head.split('\r\n')[0] ?? '');

function headText(head: string): string {
  const [first = ''] = head.split('\r\n');
  const [, protocols] = /^sec-websocket-protocol: *(.*)$/im.exec(head) ?? [];
  const what = first.replace(/^HTTP\/1\.1 /, '').replace(/ HTTP\/1\.1$/, '');
  return protocols === undefined ? what : `${what}, ${protocols}`;
}

function frameText({ fin, opcode: code, payload }: WireFrame): string {
  const part = fin ? '' : ' (a fragment)';
  if (code === opcode.close) return `close ${payload.length < 2 ? 'without a code' : payload.readUInt16BE(0)}`;
  if (code === opcode.ping) return 'ping';
  if (code === opcode.pong) return 'pong';
  if (code === opcode.continuation) return `continuation, ${payload.length} bytes${part}`;
  if (code === opcode.text) return `text ${preview(payload)}${part}`;
  if (code !== opcode.binary) return `opcode ${code}, ${payload.length} bytes${part}`;
  return `${messageText(payload)}${part}`;
}

function messageText(message: Buffer): string {
  const [number] = message;
  const payload = message.subarray(1);
  if (number === channel.status && payload.length > 0) return `status: ${statusText(payload)}`;
  if (number === channel.close) return `end of channel ${payload[0] ?? '?'}`;
  const [name = `channel ${number ?? 'missing'}`] = Object.entries(channel).find(([, value]) => value === number) ?? [];
  return payload.length === 0 ? `${name}, empty` : `${name} ${preview(payload)}`;
}

function statusText(payload: Buffer): string {
  const status = parseStatus(payload);
  if (status.kind === 'success') return 'Success';
  return status.kind === 'exit' ? `exit code ${status.code}` : `${status.kind}, ${status.message}`;
}

const PREVIEW_BYTES = 60;

function preview(bytes: Buffer): string {
  const text = JSON.stringify(bytes.toString('latin1', 0, PREVIEW_BYTES));
  return bytes.length > PREVIEW_BYTES ? `${text}… (${bytes.length} bytes)` : text;
}
