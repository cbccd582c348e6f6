import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

/** A forwarder as its own process, which has its socket from this one. */
const startForwarder = async (target: number) => {
  const opened = createServer();
  const port = await listen(opened);
  const { fd } = (opened as unknown as { _handle: { fd: number } })._handle;
  const code = `import { forward } from ${JSON.stringify(join(import.meta.dirname, 'forward.ts'))};
    forward(3, ${target}).once('listening', () => console.log('listening'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'ignore', fd],
  });
  opened.close();
  await once(child.stdout!, 'data');
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

describe('forward', () => {
  it('passes on both directions and the end of each, through a socket that another process opened', async () => {
    const target = createServer({ allowHalfOpen: true }, (socket) => {
      void text(socket).then((said) => socket.end(`got ${said.length}`));
    });
    await using forwarder = await startForwarder(await listen(target));
    const client = connect({ port: forwarder.port, host: '127.0.0.1', allowHalfOpen: true });
    client.end('x'.repeat(1_000_000));
    expect(await text(client)).toBe('got 1000000');
    target.close();
  });

  it('breaks the connection when there is nothing behind it', async () => {
    const closed = createServer();
    const unused = await listen(closed);
    closed.close();
    await using forwarder = await startForwarder(unused);
    const client = connect(forwarder.port, '127.0.0.1');
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  it('frees the port with the end of its process', async () => {
    const forwarder = await startForwarder(1);
    await forwarder[Symbol.asyncDispose]();
    const client = connect(forwarder.port, '127.0.0.1');
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });
});
