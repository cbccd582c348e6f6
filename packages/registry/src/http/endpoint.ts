import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** TLS of a registry. PEM texts. */
export type RegistryTls = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
};

/** How a registry is reached. */
export type Endpoint = {
  /** Without `/v2/`; may have a path that goes before it, as behind the API server's service proxy. */
  readonly url: URL;
  readonly agent: HttpAgent;
  /** Headers for requests to this origin only, asked for anew each time. They may hold credentials. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
};

/** What {@link makeEndpoint} may be told. */
export type EndpointOptions = {
  readonly tls?: RegistryTls;
  /** Connections at most. @default 16 */
  readonly maxConnections?: number;
  readonly headers?: () => Promise<Readonly<Record<string, string>>>;
};

/** Makes an endpoint with its own pool of connections. Opens nothing yet. @throws TypeError for what is no http(s) URL */
export const makeEndpoint = (text: string, options: EndpointOptions = {}): Endpoint => {
  const { tls = {}, maxConnections = 16, headers = () => Promise.resolve({}) } = options;
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError(`url: expected an http(s) URL of a registry, got "${text}"`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('url: expected one without credentials; give them as an option');
  }
  const pool = { keepAlive: true, maxSockets: maxConnections, scheduling: 'lifo' as const };
  const agent = url.protocol === 'https:' ? new HttpsAgent({ ...pool, ...tls }) : new HttpAgent(pool);
  url.pathname = url.pathname.replace(/\/+$/, '');
  url.search = '';
  return { url, agent, headers };
};
