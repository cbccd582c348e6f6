import { describe, expect, it } from '@jest/globals';
import { type EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { ExecStream, runShell, type ShellTerminal } from '../src/index.ts';
import { clientOf, type PeerSession, runLocally, startExecPeer } from '../src/testing/index.ts';
import { errorOf, target } from './support.ts';

/** A terminal that remembers what was done to it. */
function fakeTerminal(): ShellTerminal & {
  type: (keys: string) => void;
  shown: () => string;
  modes: boolean[];
  output: FakeOutput;
} {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough({ autoDestroy: false }), {
    isTTY: true,
    isRaw: false,
    setRawMode: (raw: boolean) => modes.push(raw),
  });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let shown = '';
  output.on('data', (bytes: Buffer) => (shown += bytes.toString()));
  return { input, output, modes, type: (keys) => input.write(keys), shown: () => shown };
}
type FakeOutput = PassThrough & { columns: number; rows: number };

const mark = (session: PeerSession, how: string): string => `\x1eDANUBE:${session.request.argv[3] ?? ''}:${how}\r\n`;
const listeners = ({ input, output }: ShellTerminal): number =>
  [input as EventEmitter, output as EventEmitter].reduce(
    (sum, one) => sum + one.eventNames().reduce((count, name) => count + one.listenerCount(name), 0),
    0,
  );

describe('a shell at a terminal', () => {
  it('passes keys on as they come, tells its size, and gives back a proven exit code', async () => {
    const terminal = fakeTerminal();
    const before = listeners(terminal);
    const typed: string[] = [];
    const sizes: string[] = [];
    await using peer = await startExecPeer({
      session: (session) => {
        session.on('resize', (size) => sizes.push(size));
        session.on('stdin', (keys) => {
          typed.push(keys.toString());
          session.stdout(`got ${JSON.stringify(keys.toString())}\r\n`);
          if (!keys.includes('q')) return;
          session.stdout(mark(session, 'e3'));
          session.exit(3);
        });
        session.hello();
        session.stdout('$ ');
      },
    });
    const shell = runShell(new ExecStream(peer.client), target, { terminal });
    await once(terminal.output, 'data');
    expect(terminal.modes).toEqual([true]);
    terminal.type('\x03');
    await once(terminal.output, 'data');
    Object.assign(terminal.output, { columns: 132, rows: 50 });
    terminal.output.emit('resize');
    terminal.type('q');
    expect(await shell).toMatchObject({ code: 3, verified: true });
    expect(typed.join('')).toBe('\x03q');
    expect(sizes).toEqual(['{"Width":80,"Height":24}', '{"Width":132,"Height":50}']);
    expect(terminal.shown()).toBe('$ got "\\u0003"\r\ngot "q"\r\n');
    expect(terminal.modes).toEqual([true, false]);
    expect(listeners(terminal)).toBe(before);
    expect(peer.sessions[0]?.request.query.get('tty')).toBe('true');
    expect(peer.sessions[0]?.request.query.has('stderr')).toBe(false);
  });

  it.each([
    { name: 'Success without an end mark', end: (s: PeerSession) => s.exit(0), code: 'EXEC_EXIT_UNKNOWN' },
    { name: 'a lost connection', end: (s: PeerSession) => s.reset(), code: 'EXEC_CONNECTION_LOST' },
    { name: 'a closed one', end: (s: PeerSession) => s.close(1000), code: 'EXEC_CONNECTION_LOST' },
  ])('gives the terminal back after $name, which is no exit code', async ({ end, code }) => {
    const terminal = fakeTerminal();
    const before = listeners(terminal);
    await using peer = await startExecPeer({
      session: (session) => {
        session.stdout('\x1b[?1049h$ ');
        session.once('stdin', () => end(session));
      },
    });
    const shell = runShell(new ExecStream(peer.client), target, { terminal });
    await once(terminal.output, 'data');
    terminal.type('x');
    expect(await errorOf(shell)).toMatchObject({ code });
    expect(terminal.modes).toEqual([true, false]);
    // It also leaves the second screen of an editor that could not say goodbye.
    expect(terminal.shown()).toContain('\x1b[?1047l');
    expect(listeners(terminal)).toBe(before);
  });

  it('ends the shell when its signal says so, and when the terminal has gone', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    for (const leave of ['signal', 'hangup'] as const) {
      const terminal = fakeTerminal();
      const controller = new AbortController();
      const shell = runShell(new ExecStream(peer.client), target, {
        terminal,
        argv: ['sh', '-c', 'echo up; sleep 300'],
        signal: controller.signal,
      });
      await once(terminal.output, 'data');
      if (leave === 'signal') controller.abort();
      else terminal.input.push(null);
      expect(await errorOf(shell)).toMatchObject({ code: 'EXEC_ABORTED', survivors: 0 });
      expect(terminal.modes).toEqual([true, false]);
    }
  });

  it('takes Ctrl-C for itself until the connection stands', async () => {
    const terminal = fakeTerminal();
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const connecting = runShell(new ExecStream(clientOf(port)), target, { terminal });
    const outcome = errorOf(connecting);
    terminal.type('\x03');
    expect(await outcome).toMatchObject({ code: 'EXEC_ABORTED' });
    expect(terminal.modes).toEqual([true, false]);
    silent.close();
  });
});

describe('a shell in a pipe', () => {
  it('reads a script to its end, with both streams apart', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    const [input, output, error] = [new PassThrough(), new PassThrough(), new PassThrough()];
    input.end('echo out\necho err >&2\nexit 4\n');
    const terminal = { input, output, error };
    expect(await runShell(new ExecStream(peer.client), target, { terminal, argv: ['sh'] })).toMatchObject({
      code: 4,
      verified: true,
    });
    expect([String(output.read()), String(error.read())]).toEqual(['out\n', 'err\n']);
    expect(peer.sessions[0]?.request.query.has('tty')).toBe(false);
  });
});
