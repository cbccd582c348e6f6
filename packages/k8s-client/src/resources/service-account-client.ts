import type { CallOptions } from '../requester.ts';
import type { ServiceAccount, TokenRequest } from './models.ts';
import { ResourceClient, type ResourceContext } from './resource-client.ts';
import { resources } from './resource-definition.ts';
import { checkInteger, checkText } from './validate-options.ts';

/** What a token is for. */
export type TokenOptions = CallOptions & {
  /** Who will accept it. @default the API server */
  readonly audiences?: readonly string[] | undefined;
  /** How long it should live, in seconds; the server may give it another time. @default 3600, the server's choice */
  readonly expirationSeconds?: number | undefined;
  /** The token dies with this object. */
  readonly boundObjectRef?: { readonly kind: 'Pod' | 'Secret' | 'Node'; readonly name: string; readonly uid?: string };
};

/** Service accounts, with what only they have. */
export class ServiceAccountClient extends ResourceClient<ServiceAccount> {
  constructor(context: ResourceContext, namespace: string | undefined) {
    super(context, { definition: resources.serviceAccounts, namespace });
  }

  /** A new token of the account, with its end. Each call makes another one; nothing is stored. */
  async createToken(name: string, options: TokenOptions = {}): Promise<{ token: string; expiresAt: Date }> {
    // The API server gives no token a shorter life.
    checkInteger(options.expirationSeconds, 'expirationSeconds', 600);
    for (const audience of options.audiences ?? []) checkText(audience, 'audiences');
    checkText(options.boundObjectRef?.name, 'boundObjectRef.name');
    const { signal, timeoutMs, ...spec } = options;
    const { status } = await this.context.requester.request<TokenRequest>(
      {
        method: 'POST',
        path: this.pathOf(name, 'token'),
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [], ...spec } },
        signal,
        timeoutMs,
      },
      // One token too many does no harm.
      { safety: 'idempotent' },
    );
    return { token: status?.token ?? '', expiresAt: new Date(status?.expirationTimestamp ?? 0) };
  }
}
