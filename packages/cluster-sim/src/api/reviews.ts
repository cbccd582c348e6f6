import { asArray, asObject, asString, at, type JsonObject } from '../objects.ts';
import { API_AUDIENCE, userOfToken, type TokenSigner, type UserInfo } from '../tokens.ts';
import { known } from './kinds.ts';
import type { ObjectApi } from '../store/object-api.ts';
import { apiTime } from '../objects.ts';
import { failures } from './api-status.ts';
import type { Authenticator } from './authenticator.ts';
import type { AccessRequest, Authorizer } from './authorizer.ts';

/** What reviews need to know. */
export interface ReviewContext {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly user: UserInfo;
}

const DEFAULT_EXPIRATION_SECONDS = 3600;
const MIN_EXPIRATION_SECONDS = 600;

const accessOf = (attributes: unknown): AccessRequest => {
  const { verb, group, resource, subresource, namespace, name } = asObject(attributes);
  const path = [asString(resource), asString(subresource)].filter((part) => part !== '').join('/');
  return {
    verb: asString(verb),
    group: asString(group),
    resource: path,
    namespace: asString(namespace) || undefined,
    name: asString(name) || undefined,
  };
};

/** Whether somebody may do what `resourceAttributes` says. Paths that are no resources may be read by everybody. */
const accessStatus = (spec: JsonObject, user: UserInfo, { authorizer }: ReviewContext): JsonObject => ({
  allowed: spec['resourceAttributes'] === undefined || authorizer.allows(user, accessOf(spec['resourceAttributes'])),
});

const askedUser = (spec: JsonObject): UserInfo => ({
  username: asString(spec['user']),
  groups: asArray(spec['groups']).map(asString),
});

const tokenReview = (body: JsonObject, { authenticator }: ReviewContext): JsonObject => {
  const spec = asObject(body['spec']);
  const asked = asArray(spec['audiences']).map(asString);
  const audiences = asked.length === 0 ? [API_AUDIENCE] : asked;
  const claims = authenticator.review(asString(spec['token']), audiences);
  if (claims === undefined)
    return { user: {}, error: '[invalid bearer token, token is not valid for the audiences or its object is gone]' };
  const good = claims.audiences.filter((audience) => audiences.includes(audience));
  return { authenticated: true, user: userOfToken(claims), audiences: good };
};

/** Answers the kinds that are questions and not stored objects. Undefined for a kind that is none. */
export const answerReview = (plural: string, body: unknown, context: ReviewContext): JsonObject | undefined => {
  const request = asObject(body);
  const answer = (status: JsonObject): JsonObject => ({ metadata: { creationTimestamp: null }, ...request, status });
  switch (plural) {
    case 'tokenreviews':
      return answer(tokenReview(request, context));
    case 'selfsubjectreviews':
      return answer({ userInfo: context.user });
    case 'selfsubjectaccessreviews':
      return answer(accessStatus(asObject(request['spec']), context.user, context));
    case 'subjectaccessreviews':
    case 'localsubjectaccessreviews':
      return answer(accessStatus(asObject(request['spec']), askedUser(asObject(request['spec'])), context));
    case 'selfsubjectrulesreviews':
      return answer({
        incomplete: false,
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      });
    default:
      return undefined;
  }
};

/** `serviceaccounts/NAME/token`: a new token, bound to a pod when asked. */
export const requestToken = (
  { objects, signer, now }: { objects: ObjectApi; signer: TokenSigner; now: Date },
  address: { namespace: string; name: string },
  body: unknown,
): JsonObject => {
  const account = objects.get({ kind: known.serviceAccounts, ...address });
  const spec = asObject(at(body, 'spec'));
  const audiences = asArray(spec['audiences']).map(asString);
  const expirationSeconds = Number(spec['expirationSeconds'] ?? DEFAULT_EXPIRATION_SECONDS);
  if (expirationSeconds < MIN_EXPIRATION_SECONDS) {
    throw failures.invalid(
      { group: 'authentication.k8s.io', plural: 'tokenrequests', kind: 'TokenRequest', name: '' },
      [
        {
          reason: 'FieldValueInvalid',
          message: `Invalid value: ${expirationSeconds}: may not specify a duration less than 10 minutes`,
          field: 'spec.expirationSeconds',
        },
      ],
    );
  }
  const boundName = asString(at(spec, 'boundObjectRef', 'name'));
  const bound =
    boundName === '' ? undefined : objects.get({ kind: known.pods, namespace: address.namespace, name: boundName });
  const expiresAt = new Date(now.getTime() + expirationSeconds * 1000);
  const token = signer.sign({
    namespace: address.namespace,
    serviceAccount: { name: address.name, uid: account.metadata.uid },
    ...(bound === undefined ? {} : { pod: { name: boundName, uid: bound.metadata.uid } }),
    audiences: audiences.length === 0 ? [API_AUDIENCE] : audiences,
    expiresAt,
  });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: address.name, namespace: address.namespace, creationTimestamp: apiTime(now) },
    spec: {
      audiences: audiences.length === 0 ? [API_AUDIENCE] : audiences,
      expirationSeconds,
      boundObjectRef: spec['boundObjectRef'] ?? null,
    },
    status: { token, expirationTimestamp: apiTime(expiresAt) },
  };
};
