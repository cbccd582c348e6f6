import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { fixture, json, startServer } from '../../test/support/test-server.ts';
import { KubeClient } from '../kube-client.ts';
import { proxyFor } from './proxy.ts';

const via = (server: string, env: Record<string, string>, proxyUrl?: string): string | undefined =>
  proxyFor(new URL(server), proxyUrl, env)?.href;

describe('proxyFor', () => {
  const HTTPS_PROXY = 'http://proxy:3128';

  it.each([
    ['https://api.test', { HTTPS_PROXY }, 'http://proxy:3128/'],
    ['https://api.test', { https_proxy: 'proxy:3128' }, 'http://proxy:3128/'],
    ['http://api.test', { HTTPS_PROXY }, undefined],
    ['http://api.test', { HTTP_PROXY: 'http://p' }, 'http://p/'],
    ['https://api.test', {}, undefined],
    ['https://localhost:6443', { HTTPS_PROXY }, undefined],
    ['https://127.0.0.1:6443', { HTTPS_PROXY }, undefined],
    ['https://[::1]:6443', { HTTPS_PROXY }, undefined],
    ['https://api.test', { HTTPS_PROXY, NO_PROXY: '*' }, undefined],
    ['https://api.test', { HTTPS_PROXY, NO_PROXY: 'other, test' }, undefined],
    ['https://api.test', { HTTPS_PROXY, NO_PROXY: '.test' }, undefined],
    ['https://api.test', { HTTPS_PROXY, NO_PROXY: 'pi.test' }, 'http://proxy:3128/'],
    ['https://api.test:6443', { HTTPS_PROXY, NO_PROXY: 'api.test:443' }, 'http://proxy:3128/'],
    ['https://api.test:6443', { HTTPS_PROXY, NO_PROXY: 'api.test:6443' }, undefined],
    ['https://10.1.2.3', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8' }, undefined],
    ['https://11.1.2.3', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8' }, 'http://proxy:3128/'],
    ['https://[fd00::1]', { HTTPS_PROXY, NO_PROXY: 'fd00::/8' }, undefined],
    ['https://10.1.2.3', { HTTPS_PROXY, NO_PROXY: '10.1.2.3' }, undefined],
  ])('reaches %s with %p through %p', (server, env, want) => {
    expect(via(server, env as Record<string, string>)).toBe(want);
  });

  it('takes the proxy of the kubeconfig before all', () => {
    expect(via('https://127.0.0.1', { HTTPS_PROXY, NO_PROXY: '*' }, 'http://mine')).toBe('http://mine/');
  });

  it('refuses what it cannot use without showing it', () => {
    expect(() => via('https://api.test', {}, 'socks5://user:secret@p')).toThrow('proxyUrl: expected the http(s) URL');
    expect(() => via('https://api.test', {}, 'socks5://user:secret@p')).not.toThrow('secret');
  });
});

describe('a proxy in the way', () => {
  const startProxy = async (target: number) => {
    const asked: { readonly address: string; readonly authorization: string | undefined }[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      asked.push({ address: request.url ?? '', authorization: request.headers['proxy-authorization'] });
      if (request.headers['proxy-authorization'] === undefined) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      const upstream = connect(target, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [socket, upstream]) end.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const close = () => new Promise<void>((resolve) => proxy.close(() => resolve()));
    return { asked, port, [Symbol.asyncDispose]: close };
  };
  const tls = { cert: fixture('server-a.crt'), key: fixture('server-a.key') };

  it('carries calls and WebSockets alike, with its password', async () => {
    await using api = await startServer((_request, response) => json(response, { gitVersion: 'v1' }), { tls });
    await using proxy = await startProxy(api.port);
    const config = { server: 'https://api.test:6443', caPem: fixture('ca-a.crt') };
    await using client = new KubeClient({ ...config, proxyUrl: `http://jo:pw@127.0.0.1:${proxy.port}` });
    expect(await client.version()).toEqual({ gitVersion: 'v1' });
    const { tunnel } = await client.upgradeRequest({ path: '/x' });
    (await tunnel?.())?.destroy();
    const authorization = `Basic ${Buffer.from('jo:pw').toString('base64')}`;
    expect(proxy.asked).toEqual(Array(2).fill({ address: 'api.test:6443', authorization }));
  });

  it('carries a stream that is silent for longer than it takes to open it', async () => {
    await using api = await startServer(
      (_request, response) => {
        response.writeHead(200).write('early ');
        setTimeout(() => response.end('late'), 250);
      },
      { tls },
    );
    await using proxy = await startProxy(api.port);
    const config = { server: 'https://api.test:6443', caPem: fixture('ca-a.crt') };
    await using client = new KubeClient(
      { ...config, proxyUrl: `http://jo:pw@127.0.0.1:${proxy.port}` },
      { connectTimeoutMs: 100 },
    );
    const { body } = await client.stream({ method: 'GET', path: '/x' });
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('early late');
  });

  it('that takes the connection and says nothing fails the call in the time to connect', async () => {
    const sockets = new Set<Socket>();
    const mute = createTcpServer((socket) => void sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const config = { server: 'https://api.test:6443', proxyUrl: `http://127.0.0.1:${port}` };
    const client = new KubeClient(config, { maxAttempts: 1, connectTimeoutMs: 50 });
    await expect(client.version()).rejects.toMatchObject({ code: 'TransportFailed', phase: 'proxy', sent: false });
    await client.close();
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => mute.close(() => resolve()));
  });

  it('that refuses is named, and nothing was sent', async () => {
    await using proxy = await startProxy(1);
    const config = { server: 'https://api.test:6443', proxyUrl: `http://127.0.0.1:${proxy.port}` };
    await using client = new KubeClient(config, { maxAttempts: 1 });
    const error = await client.version().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TransportFailed', phase: 'proxy', sent: false, maybeApplied: false });
    expect(String(error)).toContain('407');
  });
});
