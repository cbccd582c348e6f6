import { RegistryError } from '../errors/registry-error.ts';
import { type Challenge, parseChallenge } from './challenge.ts';
import type { Clock } from './clock.ts';
import { exchange, readBody, type WireResponse } from './wire.ts';

/** Who pushes and pulls: a user with a password, or a token that the registry takes as it is. */
export type RegistryCredentials = { readonly username: string; readonly password: string } | { readonly token: string };

/** What a request needs to be allowed to do, as in `repository:team/app:pull,push`. */
export type Scope = string;

type CachedToken = { readonly token: string; readonly expiresAtMs: number };

/** What {@link Authorizer} needs. */
export type AuthorizerOptions = {
  readonly credentials?: RegistryCredentials | undefined;
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
  /** Where a relative realm is relative to. */
  readonly base: URL;
};

/** A token without `expires_in` lives this long (https://distribution.github.io/distribution/spec/auth/token/). */
const DEFAULT_TTL_SECONDS = 60;
const MAX_TOKEN_BYTES = 1024 * 1024;

/**
 * Gives requests their `Authorization`. It learns from the first refusal how the registry wants it, and from then on
 * requests carry it at once. Tokens are kept by scope until shortly before they expire.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #tokens = new Map<string, Promise<CachedToken>>();
  #challenge: Challenge | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The header's value for a scope, as far as is known yet. */
  async headerFor(scope: Scope, signal?: AbortSignal): Promise<string | undefined> {
    const { credentials } = this.#options;
    if (credentials !== undefined && 'token' in credentials) return `Bearer ${credentials.token}`;
    if (this.#challenge === undefined) return undefined;
    if (this.#challenge.scheme === 'basic') return this.#basic();
    return `Bearer ${await this.#token(this.#challenge, { scope, signal })}`;
  }

  /** Learns from a refusal. Says whether asking again may help. */
  learn({ headers }: WireResponse, { scope, sent }: { scope: Scope; sent: string | undefined }): boolean {
    const { credentials } = this.#options;
    if (credentials !== undefined && 'token' in credentials) return false;
    const challenge = parseChallenge(headers['www-authenticate']);
    if (challenge === undefined) return false;
    if (challenge.scheme === 'basic' && (credentials === undefined || sent?.startsWith('Basic ') === true))
      return false;
    this.#challenge = challenge;
    if (challenge.scheme === 'bearer') this.#tokens.delete(keyOf(challenge, scope));
    return true;
  }

  async #token(
    challenge: Challenge & { scheme: 'bearer' },
    { scope, signal }: { scope: Scope; signal: AbortSignal | undefined },
  ): Promise<string> {
    const key = keyOf(challenge, scope);
    const cached = await this.#tokens.get(key)?.catch(() => undefined);
    if (cached !== undefined && cached.expiresAtMs > this.#options.clock.now()) return cached.token;
    const fetching = this.#fetch(challenge, { scope, signal });
    this.#tokens.set(key, fetching);
    try {
      return (await fetching).token;
    } catch (error) {
      this.#tokens.delete(key);
      throw error;
    }
  }

  async #fetch(
    { realm, service }: Challenge & { scheme: 'bearer' },
    { scope, signal }: { scope: Scope; signal: AbortSignal | undefined },
  ): Promise<CachedToken> {
    const url = URL.parse(realm, this.#options.base.href);
    if (url === null) throw new RegistryError('BadResponse', { detail: 'the realm of the challenge is no URL' });
    if (service !== undefined) url.searchParams.set('service', service);
    if (scope !== '') url.searchParams.set('scope', scope);
    const basic = this.#basic();
    const { idleTimeoutMs, clock } = this.#options;
    const response = await exchange({
      method: 'GET',
      url,
      headers: { accept: 'application/json', ...(basic === undefined ? {} : { authorization: basic }) },
      signal,
      idleTimeoutMs,
    });
    const body = await readBody(response, MAX_TOKEN_BYTES);
    const { status, label: request } = response;
    if (status === 401 || status === 403) throw new RegistryError('Unauthorized', { request, status });
    if (status >= 500 || status === 429) throw new RegistryError('RegistryFailed', { request, status });
    const { token, seconds } = status === 200 ? readToken(body) : { token: undefined, seconds: 0 };
    if (token === undefined) throw new RegistryError('BadResponse', { detail: 'no token', request, status });
    // A tenth early: it has to last until the request arrives.
    return { token, expiresAtMs: clock.now() + seconds * 900 };
  }

  #basic(): string | undefined {
    const { credentials } = this.#options;
    if (credentials === undefined || 'token' in credentials) return undefined;
    const { username, password } = credentials;
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
}

const keyOf = (challenge: Challenge & { scheme: 'bearer' }, scope: Scope): string =>
  JSON.stringify([challenge.realm, challenge.service, scope]);

const readToken = (body: Buffer): { token: string | undefined; seconds: number } => {
  try {
    const fields = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const token = [fields['token'], fields['access_token']].find((each) => typeof each === 'string' && each !== '');
    const seconds = Number(fields['expires_in'] ?? DEFAULT_TTL_SECONDS);
    return {
      token: typeof token === 'string' ? token : undefined,
      seconds: Number.isFinite(seconds) && seconds > 0 ? seconds : DEFAULT_TTL_SECONDS,
    };
  } catch {
    return { token: undefined, seconds: 0 };
  }
};
