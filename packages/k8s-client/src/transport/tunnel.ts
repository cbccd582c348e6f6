import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { nodeHttp, nodeHttps } from '../builtin.ts';
import { KubeError } from '../errors/kube-error.ts';

/** Where a tunnel leads, and through what. */
export type TunnelOptions = {
  readonly proxy: URL;
  readonly host: string;
  readonly port: string;
  readonly timeoutMs: number;
};

/** Opens a TCP connection to a host through a proxy (HTTP CONNECT, RFC 9110 9.3.6). */
export const openTunnel = ({ proxy, host, port, timeoutMs }: TunnelOptions): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const request = (proxy.protocol === 'https:' ? nodeHttps() : nodeHttp()).request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : proxy.port,
      method: 'CONNECT',
      path: address,
      headers: { host: address, ...authorization(proxy) },
      agent: false,
      timeout: timeoutMs,
    });
    const refuse = (response: IncomingMessage): void => {
      request.destroy();
      const status = response.statusCode ?? 0;
      const hint = status === 407 ? 'the proxy wants a user and password' : 'see the log of the proxy';
      reject(new KubeError('TransportFailed', { detail: `the proxy answered ${status} to CONNECT`, hint }));
    };
    request.once('connect', (response: IncomingMessage, socket: Socket) => {
      if (response.statusCode === 200) resolve(socket);
      else refuse(response);
    });
    request.once('response', refuse);
    request.once('timeout', () => request.destroy(new KubeError('Timeout', { detail: 'the proxy did not answer' })));
    request.once('error', reject);
    request.end();
  });

const authorization = (proxy: URL): Record<string, string> => {
  if (proxy.username === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
};
