import type { IncomingMessage } from 'node:http';
import type { UserInfo } from '../tokens.ts';
import { failures } from './api-status.ts';
import type { Authorizer } from './authorizer.ts';
import { headerValues } from './http-io.ts';

const EXTRA = 'impersonate-extra-';

/**
 * The user that a request acts as, which its sender may have changed by `Impersonate-*` headers.
 * @throws ApiStatus 403 when the sender may not
 */
export const impersonated = (request: IncomingMessage, sender: UserInfo, authorizer: Authorizer): UserInfo => {
  const headers = headerValues(request);
  const [username] = headers['impersonate-user'] ?? [];
  if (username === undefined) return sender;
  const isKnown = sender.groups.includes('system:authenticated');
  const access = { verb: 'impersonate', group: '', resource: 'users', namespace: undefined, name: username };
  if (!isKnown)
    throw failures.forbidden(
      { group: '', plural: 'users', kind: '', name: username },
      'anonymous users are nobody else',
    );
  authorizer.check(sender, access);
  const [uid] = headers['impersonate-uid'] ?? [];
  const extra = Object.entries(headers).flatMap(([name, values = []]) =>
    name.startsWith(EXTRA) ? [[decodeURIComponent(name.slice(EXTRA.length)), values] as const] : [],
  );
  return {
    username,
    groups: [...new Set([...(headers['impersonate-group'] ?? []), 'system:authenticated'])],
    ...(uid === undefined ? {} : { uid }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
};
