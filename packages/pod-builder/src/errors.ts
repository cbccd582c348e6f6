import type { Problem } from '@danube/contract';

/** What the code of an error means, and whether the same call may succeed later. */
type CodeEntry = { readonly message: string; readonly retryable: boolean; readonly hint: string };

/** Every error of this package, by its code. */
export const podErrorCodes = {
  InvalidJobPod: {
    message: 'no pod can be built from this input',
    retryable: false,
    hint: 'correct the fields that problems names; nothing was sent',
  },
  PodNameTaken: {
    message: 'a pod with this name exists, and it is not of this job and attempt',
    retryable: false,
    hint: 'delete the other pod, or use another job id',
  },
  PodVanished: {
    message: 'a pod with this name existed and was deleted before it could be read',
    retryable: false,
    hint: 'create the next attempt: this one may have run already',
  },
  CreateUnsettled: {
    message: 'it could not be found out whether the pod was created',
    retryable: true,
    hint: 'call again: the name is deterministic, so a second call cannot make a second pod',
  },
  QuotaExceeded: {
    message: 'the quota of the namespace has no room for the pod',
    retryable: true,
    hint: 'raise the quota, or wait until other jobs have ended',
  },
  PodNotReady: {
    message: 'the pod did not become ready',
    retryable: false,
    hint: 'see reason for why, and what to do about it',
  },
  PodNotGone: {
    message: 'the pod is being deleted but is still there',
    retryable: true,
    hint: 'see detail for what blocks it',
  },
} as const satisfies Record<string, CodeEntry>;

/** The codes of this package's errors. */
export type PodErrorCode = keyof typeof podErrorCodes;

/** Facts that an error of this package may carry. */
export type PodErrorFacts = {
  /** Name of the pod. */
  readonly pod?: string;
  /** Says more than the code's own message. Never a secret. */
  readonly detail?: string;
  readonly cause?: unknown;
};

/** Base of every error this package throws, apart from `TypeError` and the errors of `@danube/k8s-client`. */
export class PodError extends Error {
  readonly code: PodErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  readonly hint: string;
  readonly pod: string | undefined;

  constructor(code: PodErrorCode, facts: PodErrorFacts = {}) {
    const { message, retryable, hint } = podErrorCodes[code];
    const subject = facts.pod === undefined ? '' : ` (pod ${facts.pod})`;
    const what = facts.detail === undefined ? message : `${message}: ${facts.detail}`;
    super(`${what}${subject}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = retryable;
    this.hint = hint;
    this.pod = facts.pod;
  }
}

/** The input of {@link buildJobPod} is wrong. `problems` names every wrong place; nothing was sent anywhere. */
export class InvalidJobPodError extends PodError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('InvalidJobPod', { detail: problems.map(({ message }) => message).join('; ') });
    this.problems = problems;
  }
}
