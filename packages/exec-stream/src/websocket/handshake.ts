import { createHash, randomBytes } from 'node:crypto';

/** RFC 6455, section 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const MAX_HEAD_BYTES = 64 * 1024;

/** What a handshake asks. */
export interface HandshakeRequest {
  readonly url: URL;
  /** Sent as they are. */
  readonly headers: Readonly<Record<string, string>>;
  /** Offered in this order, in one header: the server does not understand several. */
  readonly protocols: readonly string[];
}

/** A request, and the answer that proves that somebody read it. */
export interface Handshake {
  readonly text: string;
  readonly accept: string;
}

/** The head of an HTTP answer. Names of headers are in lower case. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes the request of a handshake. @throws TypeError for a header that would be two */
export function handshake({ url, headers, protocols }: HandshakeRequest): Handshake {
  const key = randomBytes(16).toString('base64');
  const all = {
    Host: url.host,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    'Sec-WebSocket-Protocol': protocols.join(', '),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => {
    if (/[\r\n\0]/.test(name + value)) throw new TypeError(`headers: expected one line, got several for ${name}`);
    return `${name}: ${value}\r\n`;
  });
  return { text: `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`, accept: acceptOf(key) };
}

/** What a server answers to this key. */
export const acceptOf = (key: string): string => createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`).digest('base64');

/** Why this answer is no WebSocket; undefined when it is one. */
export function upgradeFault(head: ResponseHead, accept: string, protocols: readonly string[]): string | undefined {
  const { headers } = head;
  if (headers['upgrade']?.toLowerCase() !== 'websocket') return 'the answer does not upgrade to a WebSocket';
  if (headers['sec-websocket-accept'] !== accept) return 'the answer is not to our key';
  if (headers['sec-websocket-extensions'] !== undefined) return 'the server uses an extension that nobody asked for';
  const protocol = headers['sec-websocket-protocol'];
  if (protocol === undefined) return 'the server chose no protocol';
  return protocols.includes(protocol) ? undefined : 'the server chose a protocol that nobody offered';
}

/** Collects the head of an HTTP answer, however it is cut. */
export class HeadReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** The head and what came after it, once it is whole. @throws TypeError for what is no HTTP answer */
  push(chunk: Uint8Array): { readonly head: ResponseHead; readonly rest: Buffer } | undefined {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end === -1) {
      if (this.#bytes.length > MAX_HEAD_BYTES) throw new TypeError('the head of the answer is too long');
      return undefined;
    }
    const head = parseHead(this.#bytes.toString('latin1', 0, end));
    const rest = this.#bytes.subarray(end + 4);
    this.#bytes = Buffer.alloc(0);
    // Interim answers (100, 103) say nothing about the request.
    return head.status >= 200 || head.status === 101 ? { head, rest } : this.push(rest);
  }
}

function parseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n');
  const match = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(first);
  if (!match) throw new TypeError('the answer is not HTTP/1.1');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(match[1]), reason: match[2] ?? '', headers };
}
