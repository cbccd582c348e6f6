/** What a peer says when it closes: a code and nothing, or nothing at all. RFC 6455, section 7.4. */
export const closeCode = { normal: 1000, protocolError: 1002, none: 1005, abnormal: 1006, tooBig: 1009 } as const;

/** Reads the payload of a close frame; undefined when it is not a valid one. */
export function readCloseCode(payload: Uint8Array): number | undefined {
  const [high, low] = payload;
  if (high === undefined) return closeCode.none;
  if (low === undefined) return undefined;
  const code = high * 256 + low;
  return isValid(code) ? code : undefined;
}

/** The codes that may be on the wire: those of the RFC and its registry, and those of libraries and applications. */
const isValid = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);
