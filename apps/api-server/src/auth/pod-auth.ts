import { jobPodName } from '@danube/pod-builder';
import { HttpError } from '../errors/http-error.ts';
import type { SupervisedJob } from '../store/job-view.ts';
import { TokenCache } from './token-cache.ts';
import type { PodIdentity, TokenReviewer } from './token-reviewer.ts';

/** Who may speak for a job: the coordinator in its pod, and nobody else. */
export class PodAuth {
  readonly #cache: TokenCache;
  readonly #namespace: string;

  constructor(review: TokenReviewer, options: { readonly namespace: string; readonly now: () => number }) {
    this.#cache = new TokenCache(review, options.now);
    this.#namespace = options.namespace;
  }

  /**
   * Checks that a token is bound to the pod of the job's current attempt.
   *
   * @throws HttpError `unauthorized` for no or a bad token, `forbidden` for another pod's, `unavailable` when the
   * cluster cannot be asked.
   */
  async check(authorization: string | undefined, job: SupervisedJob | undefined): Promise<void> {
    const [, token] = /^Bearer ([\w.~+/=-]{1,16384})$/i.exec(authorization ?? '') ?? [];
    if (token === undefined) throw new HttpError('unauthorized', 'a bearer token is needed');
    const pod = await this.#cache.identityOf(token);
    if (pod === undefined) throw new HttpError('unauthorized', 'the token is not valid, or not bound to a pod');
    if (job === undefined || !this.#isPodOf(job, pod))
      throw new HttpError('forbidden', `the token of pod ${pod.name} does not speak for this job`);
  }

  #isPodOf(job: SupervisedJob, pod: PodIdentity): boolean {
    const isSamePod = job.podUid === undefined || job.podUid === pod.uid;
    return pod.namespace === this.#namespace && pod.name === jobPodName(job) && isSamePod;
  }
}
