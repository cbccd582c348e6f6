import { describe, expect, it } from '@jest/globals';
import { handshake, HeadReader, type ResponseHead, upgradeFault } from './handshake.ts';
import { responseBody } from './response-body.ts';

const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const request = {
  url: new URL('wss://[::1]:6443/exec?command=a%20b'),
  headers: { Authorization: 'Bearer t' },
  protocols,
};

const read = (text: string, size = text.length): { head: ResponseHead; rest: Buffer } | undefined => {
  const reader = new HeadReader();
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) {
    const answer = reader.push(bytes.subarray(at, at + size));
    if (answer) return { head: answer.head, rest: Buffer.concat([answer.rest, bytes.subarray(at + size)]) };
  }
  return undefined;
};

describe('the handshake', () => {
  it('asks for both protocols in one header', () => {
    const { text } = handshake(request);
    expect(text).toMatch(/^GET \/exec\?command=a%20b HTTP\/1\.1\r\nHost: \[::1\]:6443\r\n/);
    expect(text).toContain('\r\nSec-WebSocket-Protocol: v5.channel.k8s.io, v4.channel.k8s.io\r\n');
    expect(text).toContain('\r\nAuthorization: Bearer t\r\n');
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  it('does not let a header become two', () => {
    expect(() => handshake({ ...request, headers: { Authorization: 'Bearer t\r\nX: y' } })).toThrow(TypeError);
  });

  it('knows the answer of RFC 6455, section 1.3', () => {
    const head = {
      status: 101,
      reason: '',
      headers: {
        upgrade: 'WebSocket',
        'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        'sec-websocket-protocol': protocols[1]!,
      },
    };
    expect(upgradeFault(head, 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', protocols)).toBeUndefined();
  });

  it.each([
    [{ upgrade: 'h2c' }, /does not upgrade/],
    [{ 'sec-websocket-accept': 'x' }, /not to our key/],
    [{ 'sec-websocket-extensions': 'permessage-deflate' }, /extension/],
    [{ 'sec-websocket-protocol': undefined }, /chose no protocol/],
    [{ 'sec-websocket-protocol': 'v1' }, /nobody offered/],
  ])('refuses an answer with %j', (change, want) => {
    const headers = {
      upgrade: 'websocket',
      'sec-websocket-accept': 'a',
      'sec-websocket-protocol': protocols[0]!,
      ...change,
    };
    expect(
      upgradeFault({ status: 101, reason: '', headers: headers as Record<string, string> }, 'a', protocols),
    ).toMatch(want);
  });

  it.each([1, 2, 7, 1000])('reads the head of an answer in pieces of %d bytes', (size) => {
    const text =
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Empty:\r\n\r\n\x82\x01\x01';
    const answer = read(text, size);
    expect(answer?.head).toEqual({
      status: 101,
      reason: 'Switching Protocols',
      headers: { upgrade: 'websocket', 'x-empty': '' },
    });
    expect(answer?.rest).toEqual(Buffer.from([0x82, 1, 1]));
  });

  it.each(['HTTP/2 200\r\n\r\n', 'hello\r\n\r\n', 'x'.repeat(70_000)])('refuses what is no answer', (text) => {
    expect(() => read(text)).toThrow(TypeError);
  });
});

describe('the body of a refusal', () => {
  it.each([
    { headers: { 'content-length': '4' }, received: 'body', bytes: 'body', whole: true },
    { headers: { 'content-length': '4' }, received: 'bod', bytes: 'bod', whole: false },
    { headers: { 'content-length': '0' }, received: '', bytes: '', whole: true },
    { headers: {}, received: 'body', bytes: 'body', whole: false },
    {
      headers: { 'transfer-encoding': 'chunked' },
      received: '2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\n\r\n',
      bytes: 'body',
      whole: true,
    },
    { headers: { 'transfer-encoding': 'chunked' }, received: '2\r\nbo\r\n2\r\nd', bytes: 'bod', whole: false },
    { headers: { 'transfer-encoding': 'chunked' }, received: 'no number\r\n', bytes: '', whole: false },
  ])('with $headers: $received', ({ headers, received, bytes, whole }) => {
    const body = responseBody({ status: 500, reason: '', headers }, Buffer.from(received));
    expect({ bytes: body.bytes.toString(), whole: body.whole }).toEqual({ bytes, whole });
  });
});
