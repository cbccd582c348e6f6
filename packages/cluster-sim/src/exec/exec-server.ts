import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer, type WebSocket } from 'ws';
import { ApiStatus, failures } from '../api/api-status.ts';
import { known } from '../api/kinds.ts';
import { parseResourcePath, type ResourceRequest } from '../api/request-info.ts';
import type { KindCatalog } from '../store/kind-catalog.ts';
import type { Connections } from '../faults/connections.ts';
import { faultySink, loseKubelet } from '../faults/exec-faults.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { FaultAction } from '../faults/fault.ts';
import { answerOf } from '../faults/http-faults.ts';
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
  readonly authorize: (request: IncomingMessage, url: URL, target: ResourceRequest) => void;
  readonly catalog: KindCatalog;
  readonly faults: FaultPlan;
  readonly connections: Connections;
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly raw: Socket;
  readonly head: Buffer;
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
  socket: Socket,
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

  /** Handles an upgrade request to its end. Never rejects. */
  async handle(request: IncomingMessage, raw: Socket, head: Buffer): Promise<void> {
    raw.on('error', () => raw.destroy());
    try {
      const url = new URL(request.url ?? '/', 'https://cluster-sim');
      const target = parseResourcePath(url, this.#init.catalog);
      this.#init.authorize(request, url, target);
      const action = this.#init.faults.take(request.method ?? 'GET', target);
      if (await this.#disturb(action, raw)) return;
      this.#accept(target, { request, raw, head }, action);
    } catch (error) {
      const status = error instanceof ApiStatus ? error : failures.internal(String(error));
      refuseUpgrade(raw, status.code, { body: JSON.stringify(status), contentType: 'application/json' });
    }
  }

  /** Ends all sessions as the loss of the kubelet does: Success and a normal close on v5, no closing handshake on v4. */
  loseKubelet(): void {
    for (const socket of this.#server.clients) loseKubelet(socketSink(socket), socket);
  }

  /** Ends all sessions without a closing handshake, as a server that goes away does. */
  terminateAll(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }

  /** Ends all sessions and takes no more. */
  close(): void {
    this.terminateAll();
    this.#server.close();
  }

  /** Lets a fault act before the upgrade. True: there will be none. */
  async #disturb(action: FaultAction | undefined, raw: Socket): Promise<boolean> {
    if (action === undefined) return false;
    const answer = answerOf(action);
    if (answer !== undefined) refuseUpgrade(raw, answer.code, answer);
    else if (action.type === 'drop') this.#init.connections.cut(raw, action.how ?? 'rst');
    else if (action.type === 'stall') this.#init.connections.cut(raw, 'stall');
    else {
      if (action.type === 'delay') await sleep(action.ms);
      return false;
    }
    return true;
  }

  #accept(target: ResourceRequest, { request, raw, head }: Upgrade, action: FaultAction | undefined): void {
    const { kind, namespace, name = '', subresource, query } = target;
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
      const { connections } = this.#init;
      const sink = faultySink(socketSink(socket), action, { socket, raw, connections });
      const init = { socket, sink, protocol, request: execRequest };
      if (container === undefined) {
        sendOpening(sink, execRequest);
        sendStatus(sink, failureStatus(`unable to upgrade connection: ${missing}`));
      } else if (subresource === 'exec') runExec(init, container);
      else runAttach(init, container);
    });
  }
}
