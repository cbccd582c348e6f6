import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { Fault } from './fault.ts';
import { ChaosProxy } from './tcp-proxy.ts';

/** Sends 1000 bytes to an echo server through a proxy with this fault. */
async function echo(fault: Fault): Promise<{ bytes: number; end: string; hits: number }> {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  await using proxy = await ChaosProxy.start(target, () => fault);
  const socket = connect(proxy.port, '127.0.0.1');
  let bytes = 0;
  socket.on('data', (data) => (bytes += data.length));
  const end = await new Promise<string>((resolve) => {
    socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? ''));
    socket.on('end', () => resolve('end'));
    setTimeout(() => resolve('open'), 300);
    socket.write(Buffer.alloc(1000));
  });
  socket.destroy();
  server.close();
  return { bytes, end, hits: proxy.hits };
}

describe('the chaos proxy', () => {
  it.each([
    [
      { kind: 'none', afterBytes: 0 },
      { bytes: 1000, end: 'open', hits: 0 },
    ],
    [
      { kind: 'end', afterBytes: 1500 },
      { bytes: 500, end: 'end', hits: 1 },
    ],
    [
      { kind: 'silence', afterBytes: 1500 },
      { bytes: 500, end: 'open', hits: 1 },
    ],
    [
      { kind: 'refuse', afterBytes: 1500 },
      { bytes: 0, end: 'ECONNRESET', hits: 1 },
    ],
    [
      { kind: 'trickle', afterBytes: 100 },
      { bytes: 1000, end: 'open', hits: 1 },
    ],
    [
      { kind: 'delay', afterBytes: 100 },
      { bytes: 1000, end: 'open', hits: 1 },
    ],
  ] as const)('%j', async (fault, want) => {
    expect(await echo(fault)).toEqual(want);
  });

  it('resets', async () => {
    expect(await echo({ kind: 'reset', afterBytes: 500 })).toMatchObject({ end: 'ECONNRESET', hits: 1 });
  });

  it('counts a connection once, however much comes after its end', async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const timer = setInterval(() => socket.write('more'), 5);
      socket.on('error', () => undefined).on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    await using proxy = await ChaosProxy.start(target, () => ({ kind: 'end', afterBytes: 2 }));
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }).resume();
    await once(socket, 'end');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(proxy.hits).toBe(1);
    socket.destroy();
    server.close();
  });
});
