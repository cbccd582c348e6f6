import type { CallOptions, Requester } from '../requester.ts';
import type { SelfSubjectAccessReview, SelfSubjectReview } from './models.ts';
import { checkText } from './validate-options.ts';

/** Who a client is to the API server. */
export type UserInfo = NonNullable<NonNullable<SelfSubjectReview['status']>['userInfo']>;

/** Something one may or may not do. */
export type AccessQuestion = {
  readonly verb: string;
  /** Plural: `pods`. */
  readonly resource: string;
  readonly subresource?: string;
  readonly group?: string;
  readonly namespace?: string;
  readonly name?: string;
};

/** Asks who we are. Needs Kubernetes 1.28. */
export const whoAmI = async (requester: Requester, options: CallOptions): Promise<UserInfo> => {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const review = await requester.request<SelfSubjectReview>({ method: 'POST', path, body, ...options }, harmless);
  return review.status?.userInfo ?? {};
};

/** Asks whether RBAC lets us. It does not know of admission policies, which may still refuse. */
export const canI = async (requester: Requester, question: AccessQuestion, options: CallOptions): Promise<boolean> => {
  // An empty one would ask about something else, and get an answer.
  checkText(question.verb, 'verb');
  checkText(question.resource, 'resource');
  const spec = { resourceAttributes: question };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const review = await requester.request<SelfSubjectAccessReview>({ method: 'POST', path, body, ...options }, harmless);
  return review.status?.allowed === true;
};

/** A review stores nothing: it may be asked again as a read may. */
const harmless = { safety: 'read' } as const;
