import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { WebSocket } from 'ws';
import { exitCodeOf, processEnvironment, type ContainerProcess } from '../kubelet/container-process.ts';
import type { ExecRequest } from './exec-request.ts';
import { resizeTerminal, withTerminal } from './terminal.ts';
import { channels, exitStatus, failureStatus, frame, successStatus, type ExecProtocol } from './protocol.ts';

/** One side of a session: how frames leave. A fault may stand in between. */
export interface FrameSink {
  /** Sends a frame; `done` is called when the socket took it. */
  send(data: Buffer, done: () => void): void;
  /** Ends the session with a close code. */
  close(code: number): void;
}

/** What a session is made of. */
export interface SessionInit {
  readonly socket: WebSocket;
  readonly sink: FrameSink;
  readonly protocol: ExecProtocol;
  readonly request: ExecRequest;
}

const NORMAL_CLOSURE = 1000;

const rawBytes = (data: Buffer | ArrayBuffer | Buffer[]): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);

/** Sends the status and ends the session: what the server does when a command has ended or could not start. */
export const sendStatus = (sink: FrameSink, status: unknown): void => {
  sink.send(frame(channels.status, Buffer.from(JSON.stringify(status))), () => sink.close(NORMAL_CLOSURE));
};

/** The empty frame that opens a session; it says nothing about the command. */
export const sendOpening = (sink: FrameSink, { stdout }: ExecRequest): void => {
  sink.send(frame(stdout ? channels.stdout : channels.stderr), () => undefined);
};

/** Forwards one output stream, one chunk at a time: the process is held back when the client does not read. */
const forward = (stream: Readable, channel: number, { sink, socket, protocol }: SessionInit): void => {
  const isGone = (): boolean => socket.readyState !== socket.OPEN;
  // A lost client: v5 throws the rest away so that the process runs on; on v4 nobody reads any more and it blocks.
  const onGone = (): void => {
    if (protocol === 'v5.channel.k8s.io') stream.resume();
    else stream.pause();
  };
  stream.on('data', (chunk: Buffer) => {
    if (isGone()) {
      onGone();
      return;
    }
    stream.pause();
    sink.send(frame(channel, chunk), () => {
      if (!isGone()) stream.resume();
    });
  });
  socket.once('close', onGone);
};

const receive = (child: ChildProcess, { socket, protocol, request }: SessionInit): void => {
  const { stdin } = child;
  let resized = Promise.resolve();
  stdin?.on('error', () => undefined); // the command closed its input; what comes is thrown away, as by the real server
  const take = (bytes: Buffer): void => {
    if (bytes[0] === channels.close && protocol === 'v5.channel.k8s.io' && bytes[1] === channels.stdin) stdin?.end();
    if (bytes[0] !== channels.stdin || bytes.length === 1 || stdin === null || stdin.writableEnded) return;
    const waits = stdin.writableNeedDrain;
    if (stdin.write(bytes.subarray(1)) || stdin.destroyed || waits) return;
    socket.pause(); // a full pipe stops the receive loop, so that no ping is answered either: the real server is like that
    const resume = (): void => {
      stdin.off('drain', resume).off('close', resume);
      if (socket.readyState === socket.OPEN) socket.resume();
    };
    stdin.on('drain', resume).on('close', resume);
  };
  socket.on('message', (data: Buffer | ArrayBuffer | Buffer[]) => {
    const bytes = rawBytes(data);
    if (!request.tty) take(bytes);
    else if (bytes[0] === channels.resize) {
      resized = resized.then(() => resizeTerminal(child, bytes.subarray(1).toString()));
    } else void resized.then(() => take(bytes)); // what is typed after a change of size finds the new size
  });
  socket.once('close', () => stdin?.end());
};

/** Runs a command in a container and connects it with the socket. The command is not ended when the client goes away. */
export const runExec = (init: SessionInit, container: ContainerProcess): void => {
  const { request, sink } = init;
  const { spec } = container;
  const argv = request.command.map((argument) => spec.paths.rewrite(argument));
  const [file = '', ...args] = request.tty ? withTerminal(argv) : argv;
  const child = spawn(file, args, {
    cwd: spec.cwd,
    env: { ...processEnvironment(spec), ...(request.tty ? { TERM: 'xterm', SHELL: '/bin/sh' } : {}) },
    detached: true,
    stdio: [
      request.stdin ? 'pipe' : 'ignore',
      request.stdout ? 'pipe' : 'ignore',
      request.stderr || request.tty ? 'pipe' : 'ignore',
    ],
  });
  sendOpening(sink, request);
  let started = true;
  child.once('error', (error: NodeJS.ErrnoException) => {
    started = false;
    const why = error.code === 'ENOENT' ? 'executable file not found in $PATH' : error.message;
    const detail = `OCI runtime exec failed: exec failed: unable to start container process: exec: ${JSON.stringify(file)}: ${why}: unknown`;
    sendStatus(
      sink,
      failureStatus(
        `error executing command in container: failed to exec in container: failed to start exec: ${detail}`,
      ),
    );
  });
  if (child.stdout !== null) forward(child.stdout, channels.stdout, init);
  if (child.stderr !== null) forward(child.stderr, request.tty ? channels.stdout : channels.stderr, init);
  receive(child, init);
  // `close` and not `exit`: the real server also waits for whoever still holds the output open
  child.once('close', (code, signal) => {
    if (started) sendStatus(sink, exitStatus(exitCodeOf({ code, signal })));
  });
};

/** Connects the socket with a container's own output from now on. It always ends with Success, whatever the exit code. */
export const runAttach = ({ request, sink, socket }: SessionInit, container: ContainerProcess): void => {
  sendOpening(sink, request);
  const unsubscribe = container.onOutput((stream, chunk) => {
    if (request[stream]) sink.send(frame(channels[stream], chunk), () => undefined);
  });
  socket.once('close', unsubscribe);
  void container.ended.then(() => sendStatus(sink, successStatus));
};
