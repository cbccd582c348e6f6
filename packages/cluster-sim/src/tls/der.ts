/** A writer for the little DER that an X.509 certificate needs (ITU-T X.690). Each function returns one encoded value. */

const tagged = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const hex = body.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
};

const base128 = (value: number): number[] => {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
};

/** SEQUENCE of already encoded values. */
export const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts);
/** SET of already encoded values. */
export const set = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, ...parts);
/** BOOLEAN. */
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]));
/** INTEGER from unsigned big-endian bytes; a zero byte is put in front where the sign bit would be set. */
export const integer = (bytes: Uint8Array): Buffer =>
  tagged(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
/** OCTET STRING. */
export const octets = (bytes: Uint8Array): Buffer => tagged(0x04, bytes);
/** BIT STRING without unused bits, or with `unused` of them at its end. */
export const bits = (bytes: Uint8Array, unused = 0): Buffer => tagged(0x03, Buffer.from([unused]), bytes);
/** UTF8String. */
export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
/** OBJECT IDENTIFIER from its dotted form. */
export const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
};
/** UTCTime in whole seconds. Right for years up to 2049. */
export const utcTime = (date: Date): Buffer =>
  tagged(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));
/** Context-specific value `[n]`: constructed (explicit) or primitive (implicit). */
export const context = (n: number, body: Uint8Array, form: 'constructed' | 'primitive' = 'constructed'): Buffer =>
  tagged((form === 'constructed' ? 0xa0 : 0x80) | n, body);
