import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Link } from './link.ts';

let server: Server;
let link: Link;

const open = async (): Promise<Socket> => {
  server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  link = await Link.open({ host: '127.0.0.1', port: 0 }, { host: '127.0.0.1', port });
  return dial();
};

const dial = async (): Promise<Socket> => {
  const socket = connect(link.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};

const echo = async (socket: Socket, text: string): Promise<string> => {
  socket.write(text);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
};

afterEach(async () => {
  await link[Symbol.asyncDispose]();
  server.close();
});

describe('a link', () => {
  it('passes on both ways', async () => {
    const socket = await open();
    expect(await echo(socket, 'hello')).toBe('hello');
    socket.destroy();
  });

  it('resets what is open and what comes, and takes connections again once it is healed', async () => {
    const before = await open();
    await echo(before, 'x');
    const broken = once(before, 'error');
    const healed = link.cut('reset', 100);
    expect(await broken).toMatchObject([{ code: 'ECONNRESET' }]);
    const during = connect(link.port, '127.0.0.1');
    expect(await once(during, 'error')).toMatchObject([{ code: 'ECONNRESET' }]);
    await healed;
    const after = await dial();
    expect(await echo(after, 'again')).toBe('again');
    after.destroy();
  });

  it('lets nothing through in silence, and loses nothing', async () => {
    const socket = await open();
    await echo(socket, 'x');
    let got = '';
    socket.on('data', (data: Buffer) => (got += data.toString()));
    const healed = link.cut('silence', 100);
    socket.write('held back');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(got).toBe('');
    await healed;
    while (got !== 'held back') await once(socket, 'data');
    socket.destroy();
  });
});
