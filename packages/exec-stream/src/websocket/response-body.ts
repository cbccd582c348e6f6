import type { ResponseHead } from './handshake.ts';

/** What there is of a body, and whether that is all. */
export interface ResponseBody {
  readonly bytes: Buffer;
  readonly whole: boolean;
}

/** Reads the body of an answer from all bytes that came behind its head so far. Pure; the length is told as HTTP/1.1 tells it. */
export function responseBody({ headers }: ResponseHead, received: Buffer): ResponseBody {
  if (/\bchunked$/i.test(headers['transfer-encoding'] ?? '')) return dechunk(received);
  const length = headers['content-length'];
  if (length === undefined) return { bytes: received, whole: false };
  const size = Number(length);
  return { bytes: received.subarray(0, size), whole: received.length >= size };
}

function dechunk(received: Buffer): ResponseBody {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = received.indexOf('\r\n', at);
    const size = lineEnd === -1 ? Number.NaN : Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return { bytes: Buffer.concat(pieces), whole: size === 0 };
    pieces.push(received.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
