import { isIP } from 'node:net';
import { type ConnectionOptions as TlsOptions, createSecureContext, type SecureContext } from 'node:tls';
import type { UpgradeRequest } from '../types.ts';

interface Entry {
  readonly tls: UpgradeRequest['tls'];
  readonly context: SecureContext;
  session?: Buffer;
}

/**
 * What makes the next TLS connection to a server cheap: certificates that are read already, and a session to resume. A session belongs
 * to the certificates it was made with, so new ones begin anew. One per `ExecStream`.
 */
export class TlsMemory {
  readonly #entries = new Map<string, Entry>();

  /** Options for the next connection to this server. */
  options({ url, tls }: UpgradeRequest): TlsOptions {
    const entry = this.#entry(url.host, tls);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined);
    return {
      secureContext: entry.context,
      ...(servername !== undefined && { servername }),
      ...(tls.rejectUnauthorized !== undefined && { rejectUnauthorized: tls.rejectUnauthorized }),
      ...(entry.session && { session: entry.session }),
    };
  }

  /** Keeps a session that the server gave for the next connection. */
  remember({ url, tls }: UpgradeRequest, session: Buffer): void {
    this.#entry(url.host, tls).session = session;
  }

  #entry(host: string, tls: UpgradeRequest['tls']): Entry {
    const known = this.#entries.get(host);
    if (known && isSame(known.tls, tls)) return known;
    const { ca, cert, key } = tls;
    const entry = {
      tls,
      context: createSecureContext({
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      }),
    };
    this.#entries.set(host, entry);
    return entry;
  }
}

const isSame = (one: UpgradeRequest['tls'], other: UpgradeRequest['tls']): boolean =>
  (['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'] as const).every((name) => one[name] === other[name]);
