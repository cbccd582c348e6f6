import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { FrameSink } from '../exec/exec-session.ts';
import { channels, frame, successStatus } from '../exec/protocol.ts';
import type { Connections } from './connections.ts';
import type { ExecLie, FaultAction } from './fault.ts';

/** The session that a fault acts on. */
export interface SinkContext {
  readonly socket: WebSocket;
  readonly raw: Socket;
  readonly connections: Connections;
}

const isStatus = (data: Buffer): boolean => data[0] === channels.status;
const isOutput = (data: Buffer): boolean => data[0] === channels.stdout || data[0] === channels.stderr;

/** Passes output until so many bytes were sent; then `then` is called once, with the rest of that frame cut off. */
class LimitedSink implements FrameSink {
  readonly #inner: FrameSink;
  readonly #then: () => void;
  #left: number;
  over = false;

  constructor(inner: FrameSink, bytes: number, then: () => void) {
    this.#inner = inner;
    this.#left = bytes;
    this.#then = then;
  }

  send(data: Buffer, done: () => void): void {
    if (this.over) {
      done();
      return;
    }
    const payload = data.length - 1;
    if (!isOutput(data) || payload <= this.#left) {
      if (isOutput(data)) this.#left -= payload;
      this.#inner.send(data, done);
      return;
    }
    this.finish(data.subarray(0, this.#left + 1), done);
  }

  finish(last?: Buffer, done: () => void = () => undefined): void {
    if (this.over) return;
    this.over = true;
    if (last === undefined || last.length < 2) {
      this.#then();
      done();
      return;
    }
    this.#inner.send(last, () => {
      this.#then();
      done();
    });
  }

  close(code: number): void {
    if (!this.over) this.#inner.close(code);
  }
}

const sendSuccess = (sink: FrameSink): void => {
  sink.send(frame(channels.status, Buffer.from(JSON.stringify(successStatus))), () => sink.close(1000));
};

/** Ends a session as the real server does when the kubelet dies: on v5 with Success, whatever became of the command. */
export const loseKubelet = (sink: FrameSink, socket: WebSocket): void => {
  if (socket.protocol === 'v5.channel.k8s.io') sendSuccess(sink);
  else socket.terminate();
};

/** What a lie does when its moment has come. Undefined: it only changes the end of the session. */
const outcomes: Readonly<Partial<Record<ExecLie, (inner: FrameSink, context: SinkContext) => void>>> = {
  'false-success': (inner) => sendSuccess(inner),
  'kubelet-lost': (inner, { socket }) => loseKubelet(inner, socket),
};

/** Changes the end of a session: what becomes of the status and of the close. */
const lyingEnd = (inner: FrameSink, lie: ExecLie, { socket }: SinkContext): FrameSink => {
  let held: { data: Buffer; done: () => void } | undefined;
  return {
    send: (data, done) => {
      if (lie === 'early-status' && isOutput(data) && data.length > 1) {
        // the last output is kept back until the status was sent
        if (held !== undefined) inner.send(held.data, held.done);
        held = { data, done: () => undefined };
        done();
      } else if (!isStatus(data)) inner.send(data, done);
      else if (lie === 'malformed-status') inner.send(frame(channels.status, Buffer.from('{"status":')), done);
      else if (lie === 'early-status') {
        inner.send(data, () => {
          if (held === undefined) done();
          else inner.send(held.data, done);
        });
      } else done();
    },
    close: (code) => {
      if (lie === 'abrupt') socket.terminate();
      else inner.close(code);
    },
  };
};

/** Drops output beyond a number of bytes and passes all else. */
const droppingOutput = (inner: FrameSink, bytes: number): FrameSink => {
  let left = bytes;
  return {
    send: (data, done) => {
      if (!isOutput(data) || data.length === 1) inner.send(data, done);
      else if (left <= 0) done();
      else {
        const kept = data.subarray(0, left + 1);
        left -= kept.length - 1;
        inner.send(kept, done);
      }
    },
    close: (code) => inner.close(code),
  };
};

/** Puts a fault between an exec session and its socket. */
export const faultySink = (inner: FrameSink, action: FaultAction | undefined, context: SinkContext): FrameSink => {
  if (action?.type === 'cut') {
    const { afterBytes = Number.POSITIVE_INFINITY, afterMs, how = 'rst' } = action;
    const sink = new LimitedSink(inner, afterBytes, () => context.connections.cut(context.raw, how));
    if (afterMs !== undefined) {
      const timer = setTimeout(() => sink.finish(), afterMs);
      context.socket.once('close', () => clearTimeout(timer));
    }
    return sink;
  }
  if (action?.type !== 'lie') return inner;
  if (action.lie === 'cut-output') return droppingOutput(inner, action.afterBytes ?? 0);
  const outcome = outcomes[action.lie];
  if (outcome === undefined) return lyingEnd(inner, action.lie, context);
  const sink = new LimitedSink(inner, action.afterBytes ?? Number.POSITIVE_INFINITY, () => outcome(inner, context));
  return {
    // without a number of bytes the lie takes the place of the status
    send: (data, done) => {
      if (isStatus(data)) sink.finish();
      else sink.send(data, done);
    },
    close: (code) => sink.close(code),
  };
};
