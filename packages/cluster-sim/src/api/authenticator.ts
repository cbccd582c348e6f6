import type { IncomingMessage } from 'node:http';
import { timingSafeEqual } from 'node:crypto';
import { known } from './kinds.ts';
import type { Store } from '../store/store.ts';
import { API_AUDIENCE, userOfToken, type TokenSigner, type UserInfo, type VerifiedToken } from '../tokens.ts';
import { failures } from './api-status.ts';
import type { Authorizer } from './authorizer.ts';
import { impersonated } from './impersonation.ts';

const ADMIN: UserInfo = { username: 'cluster-sim:admin', groups: ['system:masters', 'system:authenticated'] };
const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

const sameText = (a: string, b: string): boolean =>
  Buffer.byteLength(a) === Buffer.byteLength(b) && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** What an authenticator works with. */
export interface AuthenticatorInit {
  readonly adminToken: string;
  readonly signer: TokenSigner;
  readonly store: Store;
  /** Says who may act as somebody else. */
  readonly authorizer: Authorizer;
}

/** Finds out who makes a request. */
export class Authenticator {
  readonly #adminToken: string;
  readonly #signer: TokenSigner;
  readonly #store: Store;
  readonly #authorizer: Authorizer;

  constructor({ adminToken, signer, store, authorizer }: AuthenticatorInit) {
    this.#authorizer = authorizer;
    this.#adminToken = adminToken;
    this.#signer = signer;
    this.#store = store;
  }

  /**
   * The user of a request; without credentials it is the anonymous user. 401 for a token that is not good, 403 for one
   * who may not act as the user that he wants to be.
   */
  userOf(request: IncomingMessage): UserInfo {
    return impersonated(request, this.#senderOf(request), this.#authorizer);
  }

  #senderOf(request: IncomingMessage): UserInfo {
    const header = request.headers.authorization;
    if (header === undefined) return ANONYMOUS;
    const token = /^Bearer\s+(.+)$/i.exec(header)?.[1]?.trim() ?? '';
    if (sameText(token, this.#adminToken)) return ADMIN;
    const claims = this.review(token, [API_AUDIENCE]);
    if (claims === undefined) throw failures.unauthorized();
    return userOfToken(claims);
  }

  /**
   * The claims of a service account token that is good for one of the audiences: signed here, not expired, its account
   * still there and, when it is bound to a pod, that very pod too.
   */
  review(token: string, audiences: readonly string[]): VerifiedToken | undefined {
    const claims = this.#signer.verify(token);
    if (claims === undefined || !claims.audiences.some((audience) => audiences.includes(audience))) return undefined;
    const { namespace, serviceAccount, pod } = claims;
    const account = this.#store.get(known.serviceAccounts, namespace, serviceAccount.name);
    if (account?.metadata.uid !== serviceAccount.uid) return undefined;
    if (pod === undefined) return claims;
    return this.#store.get(known.pods, namespace, pod.name)?.metadata.uid === pod.uid ? claims : undefined;
  }
}

/** True for a user that may do nothing but read what is public. */
export const isAnonymous = (user: UserInfo): boolean => user === ANONYMOUS;
