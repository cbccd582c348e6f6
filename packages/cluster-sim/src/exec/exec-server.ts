import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { ApiStatus, failures } from '../api/api-status.ts';
import { known } from '../api/kinds.ts';
import { parseResourcePath } from '../api/request-info.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import { asPod } from '../pods/pod-types.ts';
import type { ObjectApi } from '../store/object-api.ts';
import { readExecRequest } from './exec-request.ts';
import { runAttach, runExec, sendOpening, sendStatus, type FrameSink } from './exec-session.ts';
import { chooseProtocol, failureStatus, type ExecProtocol } from './protocol.ts';

/** What the exec server works with. */
export interface ExecServerInit {
  readonly objects: ObjectApi;
  readonly kubelet: Kubelet;
  readonly protocols: readonly ExecProtocol[];
  /** Throws an ApiStatus unless the request may go on. */
  readonly authorize: (request: IncomingMessage, url: URL) => void;
  /** Puts faults between the session and the socket. */
  readonly wrapSink: (
    sink: FrameSink,
    context: { socket: WebSocket; raw: Duplex; url: URL; protocol: ExecProtocol },
  ) => FrameSink;
}

const MAX_FRAME_BYTES = 32 * 2 ** 20; // golang.org/x/net/websocket, DefaultMaxPayloadBytes
const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Answers an upgrade request with plain HTTP and closes. */
export const refuseUpgrade = (
  socket: Duplex,
  code: number,
  {
    body,
    contentType,
    headers = {},
  }: { body: string; contentType: string; headers?: Readonly<Record<string, string>> },
): void => {
  const lines = [
    `HTTP/1.1 ${code} ${reasons[code] ?? 'Error'}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
};

const socketSink = (socket: WebSocket): FrameSink => ({
  send: (data, done) => {
    if (socket.readyState === socket.OPEN) socket.send(data, { binary: true }, () => done());
    else done();
  },
  close: (code) => socket.close(code),
});

/** Serves `pods/exec` and `pods/attach` over WebSocket. */
export class ExecServer {
  readonly #init: ExecServerInit;
  readonly #server: WebSocketServer;

  constructor(init: ExecServerInit) {
    this.#init = init;
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      skipUTF8Validation: true,
      handleProtocols: (offered) => chooseProtocol([...offered], init.protocols) ?? false,
    });
  }

  /** Handles an upgrade request to its end. Never throws. */
  handle(request: IncomingMessage, raw: Duplex, head: Buffer): void {
    raw.on('error', () => raw.destroy());
    try {
      this.#accept(request, raw, head);
    } catch (error) {
      const status = error instanceof ApiStatus ? error : failures.internal(String(error));
      refuseUpgrade(raw, status.code, { body: JSON.stringify(status), contentType: 'application/json' });
    }
  }

  /** Ends all sessions without a closing handshake, as a server that goes away does. */
  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #accept(request: IncomingMessage, raw: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'https://cluster-sim');
    this.#init.authorize(request, url);
    const { kind, namespace, name = '', subresource, query } = parseResourcePath(url);
    if (kind !== known.pods || (subresource !== 'exec' && subresource !== 'attach')) {
      throw failures.badRequest('only pods/exec and pods/attach can be upgraded');
    }
    const pod = asPod(this.#init.objects.get({ kind, namespace, name }));
    const execRequest = readExecRequest(pod, query, subresource);
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((entry) => entry.trim());
    const protocol = chooseProtocol(offered, this.#init.protocols);
    if (protocol === undefined) {
      const supported = this.#init.protocols.join(', ');
      throw failures.badRequest(`unable to upgrade: none of the offered protocols is supported: ${supported}`);
    }
    const container = this.#init.kubelet.runningContainer(pod.metadata.uid, execRequest.container)?.process;
    const missing = `container not found ("${execRequest.container}")`;
    if (container === undefined && protocol === 'v4.channel.k8s.io') {
      // on v4 the API server passes the kubelet's own answer on: plain text
      refuseUpgrade(raw, 500, { body: missing, contentType: 'text/plain; charset=utf-8' });
      return;
    }
    this.#server.handleUpgrade(request, raw, head, (socket) => {
      socket.on('error', () => socket.terminate());
      const sink = this.#init.wrapSink(socketSink(socket), { socket, raw, url, protocol });
      const init = { socket, sink, protocol, request: execRequest };
      if (container === undefined) {
        sendOpening(sink, execRequest);
        sendStatus(sink, failureStatus(`unable to upgrade connection: ${missing}`));
      } else if (subresource === 'exec') runExec(init, container);
      else runAttach(init, container);
    });
  }
}
