import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { ClusterSim } from '../../src/index.ts';
import { podPath, type Loose } from './api.ts';

export interface ExecCall {
  readonly pod: string;
  readonly container?: string;
  readonly command: readonly string[];
  readonly protocols?: readonly string[];
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly query?: string;
  readonly token?: string;
}

/** A raw exec session: frames by channel, as they came. */
export interface ExecSession {
  readonly socket: WebSocket;
  readonly frames: Buffer[];
  text(channel: number): string;
  status(): Loose;
  readonly closed: Promise<{ code: number }>;
}

/** The answer of a server that did not upgrade. */
export class Refused extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`refused with ${status}: ${body}`);
    this.status = status;
    this.body = body;
  }
}

export const V5 = 'v5.channel.k8s.io';
export const V4 = 'v4.channel.k8s.io';

export const exec = (sim: ClusterSim, init: ExecCall): Promise<ExecSession> => {
  const query = new URLSearchParams();
  for (const argument of init.command) query.append('command', argument);
  if (init.container !== undefined) query.set('container', init.container);
  query.set('stdout', 'true');
  query.set('stderr', init.tty === true ? 'false' : 'true');
  if (init.stdin === true) query.set('stdin', 'true');
  if (init.tty === true) query.set('tty', 'true');
  const path = `${podPath(init.pod)}/exec?${init.query ?? query.toString()}`;
  const socket = new WebSocket(`${sim.url.replace('https', 'wss')}${path}`, [...(init.protocols ?? [V5, V4])], {
    ca: sim.caPem,
    headers: { authorization: `Bearer ${init.token ?? sim.token}` },
    perMessageDeflate: false,
    maxPayload: 64 * 2 ** 20,
  });
  const frames: Buffer[] = [];
  socket.on('message', (data: Buffer) => frames.push(data));
  const closed = new Promise<{ code: number }>((resolve) => socket.on('close', (code) => resolve({ code })));
  const payload = (channel: number) =>
    Buffer.concat(frames.filter((entry) => entry[0] === channel).map((entry) => entry.subarray(1))).toString();
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request: unknown, response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        reject(new Refused(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
      });
    });
    socket.on('error', reject);
    socket.on('open', () =>
      resolve({
        socket,
        frames,
        closed,
        text: payload,
        status: () => JSON.parse(payload(3)) as Loose,
      }),
    );
  });
};
