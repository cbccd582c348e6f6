import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { asArray, asString, at, isObject } from './objects.ts';

/** Audience of tokens that are meant for the API server itself. */
export const API_AUDIENCE = 'https://kubernetes.default.svc.cluster.local';

/** Who made a request. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a service account token says. */
export interface TokenClaims {
  readonly namespace: string;
  readonly serviceAccount: { readonly name: string; readonly uid: string };
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly node?: string;
  readonly audiences: readonly string[];
  readonly expiresAt: Date;
}

/** Claims of a token that was verified. */
export interface VerifiedToken extends TokenClaims {
  readonly id: string;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** Signs and reads service account tokens. They look like the real ones (JWT with the same claims) but are signed by HMAC. */
export class TokenSigner {
  readonly #key = randomBytes(32);
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** A signed token. */
  sign(claims: TokenClaims): string {
    const issuedAt = seconds(this.#now());
    const head = part({ alg: 'HS256', typ: 'JWT' });
    const body = part({
      aud: claims.audiences,
      exp: seconds(claims.expiresAt),
      iat: issuedAt,
      iss: API_AUDIENCE,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace: claims.namespace,
        ...(claims.node === undefined ? {} : { node: { name: claims.node } }),
        ...(claims.pod === undefined ? {} : { pod: claims.pod }),
        serviceaccount: claims.serviceAccount,
      },
      nbf: issuedAt,
      sub: `system:serviceaccount:${claims.namespace}:${claims.serviceAccount.name}`,
    });
    return `${head}.${body}.${this.#mac(`${head}.${body}`)}`;
  }

  /** The claims of a token that this signer made and that has not expired, else undefined. */
  verify(token: string): VerifiedToken | undefined {
    const [head = '', body = '', mac = ''] = token.split('.');
    const expected = Buffer.from(this.#mac(`${head}.${body}`));
    const given = Buffer.from(mac);
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
    const payload: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    if (!isObject(payload)) return undefined;
    const expiresAt = new Date(Number(payload['exp']) * 1000);
    if (expiresAt <= this.#now()) return undefined;
    const own = payload['kubernetes.io'];
    const podName = asString(at(own, 'pod', 'name'));
    return {
      id: asString(payload['jti']),
      namespace: asString(at(own, 'namespace')),
      serviceAccount: {
        name: asString(at(own, 'serviceaccount', 'name')),
        uid: asString(at(own, 'serviceaccount', 'uid')),
      },
      ...(podName === '' ? {} : { pod: { name: podName, uid: asString(at(own, 'pod', 'uid')) } }),
      ...(at(own, 'node') === undefined ? {} : { node: asString(at(own, 'node', 'name')) }),
      audiences: asArray(payload['aud']).map(asString),
      expiresAt,
    };
  }

  #mac(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

/** The user that a token stands for, as the API server names it. */
export const userOfToken = (claims: VerifiedToken): UserInfo => {
  const { namespace, serviceAccount, pod, node } = claims;
  const extra: Record<string, string[]> = { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.id}`] };
  if (node !== undefined) extra['authentication.kubernetes.io/node-name'] = [node];
  if (pod !== undefined) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name];
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid];
  }
  return {
    username: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
    uid: serviceAccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra,
  };
};
