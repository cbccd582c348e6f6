import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { buildConnector as undiciConnector } from 'undici';
import type { TransportPhase } from '../errors/failures.ts';
import { openTunnel } from './tunnel.ts';
import { buildConnector } from './undici.ts';

/** What TLS needs to know to reach the API server. Certificates and keys are PEM texts. */
export type TlsMaterial = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
};

/** Hears of every connection that is opened. */
export type ConnectObserver = (outcome: {
  readonly ok: boolean;
  readonly tls: boolean;
  readonly durationMs: number;
}) => void;

/** How connections are opened. */
export type ConnectorOptions = {
  readonly tls: TlsMaterial;
  /** Time for TCP and TLS together. */
  readonly connectTimeoutMs: number;
  readonly http2: boolean;
  /** Goes through this proxy. */
  readonly proxy?: URL | undefined;
  readonly onConnect?: ConnectObserver | undefined;
};

const failedPhases = new WeakMap<object, TransportPhase>();

/** The phase in which a connection could not be opened; undefined for an error of an open connection. */
export const connectPhaseOf = (error: unknown): TransportPhase | undefined =>
  typeof error === 'object' && error !== null ? failedPhases.get(error) : undefined;

const phaseOf = (error: Error): TransportPhase => {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL') return 'dns';
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code) || code === 'EPROTO') return 'tls';
  return 'connect';
};

/**
 * Opens connections and remembers for each failure that it happened before anything could be sent: that is what
 * makes it safe to repeat even a create.
 */
export const makeConnector = (options: ConnectorOptions): undiciConnector.connector => {
  const connect = buildConnector({
    ...options.tls,
    allowH2: options.http2,
    preferH2: options.http2,
    timeout: options.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelay: 15_000,
  });
  return (target, callback) => {
    const startedMs = performance.now();
    const done = (outcome: { socket: Socket | TLSSocket } | { error: Error; phase: TransportPhase }): void => {
      const ok = 'socket' in outcome;
      options.onConnect?.({ ok, tls: target.protocol === 'https:', durationMs: performance.now() - startedMs });
      if (ok) {
        callback(null, outcome.socket);
        return;
      }
      failedPhases.set(outcome.error, outcome.phase);
      callback(outcome.error, null);
    };
    const secure = (httpSocket?: Socket): void =>
      connect(httpSocket === undefined ? target : { ...target, httpSocket }, (error, socket) =>
        done(error === null ? { socket } : { error, phase: phaseOf(error) }),
      );
    const { proxy } = options;
    if (proxy === undefined) {
      secure();
      return;
    }
    const plain = target.protocol !== 'https:';
    const port = target.port === '' ? (plain ? '80' : '443') : target.port;
    openTunnel({ proxy, host: target.hostname, port, timeoutMs: options.connectTimeoutMs }).then(
      (socket) => (plain ? done({ socket }) : secure(socket)),
      (error: unknown) => done({ error: error as Error, phase: 'proxy' }),
    );
  };
};
