import type { IncomingMessage, RequestOptions } from 'node:http';
import { CliError, messageOf } from '../errors.ts';

/** A request to the server, relative to its URL. */
export type HttpRequest = {
  readonly method: 'GET' | 'POST';
  /** Begins with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request, and the reading of its answer, with `AbortError`. */
  readonly signal?: AbortSignal | undefined;
  /** How long the connection may be silent, before and after the head of the answer. */
  readonly idleTimeoutMs: number;
};

/**
 * Sends one request on a connection of its own and resolves with the head of the answer; its body is to be read or
 * destroyed by the caller. `node:http` and not `fetch`, because `fetch` ends an answer that is silent for five minutes.
 *
 * @throws CliError ServerUnreachable when no answer came.
 */
export const send = async (server: URL, request: HttpRequest): Promise<IncomingMessage> => {
  const { request: open } = await (server.protocol === 'https:' ? import('node:https') : import('node:http'));
  const options: RequestOptions = {
    method: request.method,
    headers: { accept: 'application/json', ...request.headers },
    agent: false,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = open(under(server, request.path), options, resolve);
    outgoing.setTimeout(request.idleTimeoutMs, () => {
      outgoing.destroy(silent(server, request.idleTimeoutMs));
    });
    outgoing.on('error', (error) => {
      const wanted = error instanceof CliError || request.signal?.aborted === true;
      reject(wanted ? error : unreachable(server, error));
    });
    outgoing.end(request.body);
  });
};

/** The server's URL as typed: http or https, perhaps with a path in front of the API. */
export const serverUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new CliError('Usage', `"${text}" is not the URL of a server`, {
      hint: 'expected something like http://danube.example:8080',
    });
  }
  return url;
};

/** Its URL without anything that could be secret. */
export const serverName = ({ protocol, host, pathname }: URL): string =>
  `${protocol}//${host}${pathname === '/' ? '' : pathname}`;

const under = (server: URL, path: string): URL => new URL(server.pathname.replace(/\/+$/u, '') + path, server);

const silent = (server: URL, timeoutMs: number): CliError =>
  new CliError('ServerUnreachable', `no answer from ${serverName(server)} for ${Math.round(timeoutMs / 1000)} s`, {
    hint: 'check --server or DANUBE_SERVER, and that the server is well',
  });

/** The connection to the server failed, or broke. */
export const unreachable = (server: URL, error: NodeJS.ErrnoException): CliError =>
  new CliError('ServerUnreachable', `cannot reach ${serverName(server)} (${error.code ?? messageOf(error)})`, {
    cause: error,
    hint: 'check --server or DANUBE_SERVER, and that the server runs',
  });
