import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { createServer, type Server } from 'node:https';

/** Where the API server takes requests. Those of HTTP/2 come in the same shape as those of HTTP/1.1. */
export type ApiListener = Server | (Http2SecureServer & Pick<Server, 'closeIdleConnections'>);

const KEEP_ALIVE_MS = 90_000; // the API server's own idle limit
const MAX_STREAMS = 100; // the API server's own (k8s.io/apiserver secure_serving.go)

/** An HTTPS server that does not listen yet. */
export const createApiListener = (
  certificate: { readonly key: string; readonly cert: string },
  { http2 }: { readonly http2: boolean },
): ApiListener => {
  const options = { ...certificate, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 };
  if (!http2) return createServer(options);
  const settings = { maxConcurrentStreams: MAX_STREAMS };
  // It has the method, which the types of Node do not know of.
  return createSecureServer({ ...options, allowHTTP1: true, settings }) as Extract<ApiListener, Http2SecureServer>;
};
