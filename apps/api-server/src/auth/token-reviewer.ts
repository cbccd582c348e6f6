import { TOKEN_AUDIENCE } from '@danube/contract/names';
import type { KubeClient } from '@danube/k8s-client';
import { HttpError } from '../errors/http-error.ts';

/** The pod that a service account token is bound to. */
export type PodIdentity = { readonly namespace: string; readonly name: string; readonly uid: string };

/** Asks the cluster whose a token is; `undefined` when it is nobody's, or not bound to a pod. */
export type TokenReviewer = (token: string) => Promise<PodIdentity | undefined>;

type TokenReview = {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: { readonly username?: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
  };
};

const REVIEW_TIMEOUT_MS = 5000;

/** Asks by TokenReview. @throws HttpError `unavailable` when the cluster does not answer. */
export const tokenReviewer =
  (client: Pick<KubeClient, 'request'>): TokenReviewer =>
  async (token) => {
    try {
      const review = await client.request<TokenReview>({
        method: 'POST',
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token, audiences: [TOKEN_AUDIENCE] },
        },
        timeoutMs: REVIEW_TIMEOUT_MS,
      });
      return identityOf(review);
    } catch (error) {
      throw new HttpError('unavailable', 'the token could not be checked with the cluster', { cause: error });
    }
  };

// What a token bound to a pod carries: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
const identityOf = ({ status }: TokenReview): PodIdentity | undefined => {
  if (status?.authenticated !== true || status.audiences?.includes(TOKEN_AUDIENCE) !== true) return undefined;
  const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(status.user?.username ?? '') ?? [];
  const name = status.user?.extra?.['authentication.kubernetes.io/pod-name']?.[0];
  const uid = status.user?.extra?.['authentication.kubernetes.io/pod-uid']?.[0];
  if (namespace === undefined || name === undefined || uid === undefined) return undefined;
  return { namespace, name, uid };
};
