import { describe, expect, it } from '@jest/globals';
import { constants, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import { fixture, json, startServer } from '../../test/support/test-server.ts';
import { TimeoutError, TransportError } from '../errors/failures.ts';
import type { TlsMaterial } from './connector.ts';
import { Transport, type TransportOptions } from './transport.ts';
import type { WireRequest } from './wire.ts';

const make = (origin: string, more: Partial<TransportOptions> = {}): Transport =>
  new Transport({ origin, connections: 4, connectTimeoutMs: 1000, http2: false, ...more });
const plain: TlsMaterial = {};
const tlsA = { cert: fixture('server-a.crt'), key: fixture('server-a.key') };
const get = (more: Partial<WireRequest> = {}): WireRequest => ({
  method: 'GET',
  target: '/x',
  headers: {},
  timeoutMs: 5000,
  label: 'GET /x',
  ...more,
});
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('Transport', () => {
  it('opens nothing until the first request and then one TLS connection for many', async () => {
    await using server = await startServer((_request, response) => json(response, { ok: true }), { tls: tlsA });
    const transport = make(server.url);
    expect(server.connections()).toBe(0);
    const tls = { ca: fixture('ca-a.crt') };
    for (let i = 0; i < 50; i += 1) await transport.unary(tls, get());
    expect(server.handshakes()).toBeLessThanOrEqual(2);
    await transport.close(1000);
  });

  it('shares a bounded number of connections among parallel calls', async () => {
    await using server = await startServer((_request, response) => void setTimeout(() => json(response, {}), 5));
    const transport = make(server.url);
    await Promise.all(Array.from({ length: 40 }, () => transport.unary(plain, get())));
    expect(server.connections()).toBe(4);
    await transport.close(1000);
  });

  it('gives streams connections of their own, so that they cannot starve calls', async () => {
    await using server = await startServer(({ url }, response) => {
      if (url === '/watch') response.writeHead(200).write('x');
      else json(response, {});
    });
    const transport = make(server.url, { connections: 1 });
    const streams = await Promise.all(
      Array.from({ length: 6 }, () => transport.stream(plain, get({ target: '/watch' }))),
    );
    expect((await transport.unary(plain, get())).status).toBe(200);
    expect(server.connections()).toBe(7);
    for (const { body } of streams) await body.return?.();
    await transport.close(1000);
  });

  it('changes to new connections when the TLS material changes, and lets the old call end', async () => {
    let finish: (() => void) | undefined;
    await using server = await startServer(
      ({ url }, response) => {
        if (url === '/slow') finish = () => json(response, 'late');
        else json(response, 'now');
      },
      { tls: tlsA },
    );
    const transport = make(server.url);
    const slow = transport.unary({ ca: fixture('ca-a.crt') }, get({ target: '/slow' }));
    while (finish === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    await transport.unary({ ca: fixture('ca-a.crt') }, get());
    expect(server.handshakes()).toBe(2);
    finish();
    expect((await slow).body.toString()).toBe('"late"');
    await transport.close(1000);
  });

  it.each([
    ['a refused connection', 'http://127.0.0.1:1', 'connect'],
    ['a name that does not resolve', 'http://does-not-exist.invalid:80', 'dns'],
  ])('says that nothing was sent for %s', async (_name, origin, phase) => {
    const transport = make(origin);
    const error = await failure(transport.unary(plain, get({ method: 'POST', body: '{}' })));
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ phase, sent: false });
    await transport.close(100);
  });

  it('says that nothing was sent to a server with another CA', async () => {
    await using server = await startServer((_request, response) => json(response, {}), { tls: tlsA });
    const transport = make(server.url);
    const error = await failure(transport.unary({ ca: fixture('ca-b.crt') }, get()));
    expect(error).toMatchObject({ phase: 'tls', sent: false });
    expect(server.seen).toHaveLength(0);
    await transport.close(100);
  });

  it('checks the name in tlsServerName instead of the host', async () => {
    await using server = await startServer((_request, response) => json(response, {}), { tls: tlsA });
    const transport = make(server.url);
    const ca = fixture('ca-a.crt');
    expect((await transport.unary({ ca, servername: 'api.test' }, get())).status).toBe(200);
    const error = await failure(transport.unary({ ca, servername: 'other.test' }, get()));
    expect(error).toMatchObject({ phase: 'tls', sent: false });
    await transport.close(100);
  });

  it('says that something was sent when the connection breaks before the answer', async () => {
    await using server = await startServer((_request, _response, socket) => void socket.destroy());
    const transport = make(server.url);
    const error = await failure(transport.unary(plain, get({ method: 'POST', body: '{}' })));
    expect(error).toMatchObject({ code: 'TransportFailed', phase: 'headers', sent: true });
    await transport.close(100);
  });

  it('reports a body that breaks off, and never half of it', async () => {
    await using server = await startServer((_request, response, socket) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setTimeout(() => socket.destroy(), 10);
    });
    const transport = make(server.url);
    const error = await failure(transport.unary(plain, get()));
    expect(error).toMatchObject({ code: 'TransportFailed', phase: 'body', sent: true });
    await transport.close(100);
  });

  it('ends a call that gets no answer at its deadline, and frees the connection', async () => {
    await using server = await startServer(() => undefined);
    const transport = make(server.url, { connections: 1 });
    const error = await failure(transport.unary(plain, get({ timeoutMs: 50 })));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ phase: 'headers', sent: true, timeoutMs: 50 });
    while (server.open.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await transport.close(100);
  });

  it('says that nothing was sent when no connection was free in time, and sends nothing later', async () => {
    let release: (() => void) | undefined;
    await using server = await startServer((_request, response) => {
      release = () => json(response, {});
    });
    const transport = make(server.url, { connections: 1 });
    const first = transport.unary(plain, get());
    while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    const error = await failure(transport.unary(plain, get({ method: 'POST', timeoutMs: 30 })));
    expect(error).toMatchObject({ code: 'Timeout', phase: 'queue', sent: false });
    release();
    await first;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(server.seen.map(({ method }) => method)).toEqual(['GET']);
    await transport.close(100);
  });

  it('ends a call when its signal fires, before and while it runs', async () => {
    await using server = await startServer(() => undefined);
    const transport = make(server.url);
    const early = await failure(transport.unary(plain, get({ signal: AbortSignal.abort('why') })));
    expect(early).toMatchObject({ code: 'Aborted', name: 'AbortError', cause: 'why' });
    expect(server.connections()).toBe(0);
    const controller = new AbortController();
    const running = failure(transport.unary(plain, get({ signal: controller.signal })));
    setTimeout(() => controller.abort(), 30);
    expect(await running).toMatchObject({ code: 'Aborted' });
    await transport.close(100);
  });

  it('gives up on a server that accepts and says nothing to the TLS greeting', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as AddressInfo;
    const transport = make(`https://127.0.0.1:${port}`, { connectTimeoutMs: 100 });
    const error = await failure(transport.unary(plain, get()));
    expect(error).toMatchObject({ code: 'TransportFailed', sent: false });
    await transport.close(100);
    mute.close();
  });

  it('pauses the connection when nobody reads', async () => {
    let written = 0;
    await using server = await startServer((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        while (written < 64 * 2 ** 20) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const transport = make(server.url);
    const { body } = await transport.stream(plain, get());
    await new Promise((resolve) => setTimeout(resolve, 300));
    // Socket buffers of both ends take some MiB; the whole answer would be 64.
    expect(written).toBeLessThan(24 * 2 ** 20);
    let received = 0;
    for await (const chunk of body) received += chunk.length;
    expect(received).toBe(64 * 2 ** 20);
    await transport.close(100);
  });

  it('closes within its grace although a stream is open', async () => {
    await using server = await startServer((_request, response) => void response.writeHead(200).write('x'));
    const transport = make(server.url);
    const { body } = await transport.stream(plain, get());
    await body.next();
    const startedMs = performance.now();
    await transport.close(50);
    expect(performance.now() - startedMs).toBeLessThan(2000);
    await expect(body.next()).rejects.toMatchObject({ code: 'TransportFailed' });
  });
});

describe('Transport over HTTP/2', () => {
  const start = async (end: (stream: ServerHttp2Stream) => void) => {
    const server = createSecureServer(tlsA);
    const sessions = new Set<{ destroy(): void }>();
    let streams = 0;
    server.on('session', (session) => sessions.add(session));
    server.on('sessionError', () => undefined);
    server.on('stream', (stream) => {
      streams += 1;
      stream.on('error', () => undefined);
      end(stream);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const close = async (): Promise<void> => {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    };
    return { url: `https://127.0.0.1:${port}`, streams: () => streams, [Symbol.asyncDispose]: close };
  };
  const post = get({ method: 'POST', body: '{}' });

  it('says that a stream which was refused twice was not looked at', async () => {
    await using server = await start((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    const transport = make(server.url, { http2: true });
    const error = await failure(transport.unary({ ca: fixture('ca-a.crt') }, post));
    expect(error).toMatchObject({ code: 'TransportFailed', phase: 'headers', sent: false });
    expect(server.streams()).toBe(2);
    await transport.close(100);
  });

  it.each([
    ['was reset for another reason', (stream: ServerHttp2Stream) => stream.close(constants.NGHTTP2_CANCEL)],
    ['ended with its connection', (stream: ServerHttp2Stream) => stream.session?.destroy()],
  ])('says that a stream which %s may have been looked at', async (_name, end) => {
    await using server = await start(end);
    const transport = make(server.url, { http2: true });
    const error = await failure(transport.unary({ ca: fixture('ca-a.crt') }, post));
    expect(error).toMatchObject({ code: 'TransportFailed', phase: 'headers', sent: true });
    expect(server.streams()).toBe(1);
    await transport.close(100);
  });
});
