import * as z from 'zod';

/**
 * Why a job ended other than well. The class decides what may happen next: only `infra` is retried by itself,
 * `user` is the pipeline's own doing, `config` needs somebody to change something first.
 */
export const reasons = {
  StepFailed: { class: 'user', hint: 'Read the output of the step that failed.' },
  StepTimeout: { class: 'user', hint: 'Raise the timeout of the step, or find out what it waits for.' },
  JobTimeout: { class: 'user', hint: 'Raise the timeout of the pipeline, or split it.' },
  Cancelled: { class: 'user', hint: 'Submit the job again if it is still wanted.' },
  OutOfMemory: { class: 'user', hint: 'Raise resources.limits.memory of the pipeline.' },
  ImagePullFailed: { class: 'config', hint: 'Check the name of the image, its tag, and the pull secret.' },
  InvalidImage: { class: 'config', hint: 'Correct the image reference.' },
  ContainerConfigError: {
    class: 'config',
    hint: 'Create the Secret or ConfigMap that the pod names, or correct the name.',
  },
  InvalidSpec: { class: 'config', hint: 'Correct the field that the message names.' },
  Unschedulable: { class: 'config', hint: 'Lower resources.requests, or add a node that fits.' },
  QuotaExceeded: { class: 'config', hint: 'Raise the quota of the namespace, or wait until other jobs have ended.' },
  WorkspaceFull: { class: 'config', hint: 'Write less, or raise the size of the workspace.' },
  PodEvicted: { class: 'infra', hint: 'The node was short of a resource; the job can run again.' },
  PodDeleted: {
    class: 'infra',
    hint: 'Something other than Danube deleted the pod; see the audit log of the cluster.',
  },
  NodeLost: { class: 'infra', hint: 'The node stopped answering; the job can run again.' },
  CoordinatorLost: { class: 'infra', hint: 'The coordinator container ended without a result; see its log.' },
  StreamLost: { class: 'infra', hint: 'The connection to the worker broke for good; the job can run again.' },
  ApiUnavailable: { class: 'infra', hint: 'The Kubernetes API did not answer in time.' },
  StartTimeout: { class: 'infra', hint: 'The pod did not start in time; see its events.' },
} as const satisfies Record<string, { class: ReasonClass; hint: string }>;

/** Who has to act: see {@link reasons}. */
export type ReasonClass = 'user' | 'config' | 'infra';
/** A code of {@link reasons}. The list is closed. */
export type ReasonCode = keyof typeof reasons;

/** A reason as people see it: the code, what happened and why, what shows it, and what to do. */
export const reasonSchema = z.strictObject({
  code: z.enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]]),
  class: z.enum(['user', 'config', 'infra']),
  message: z.string(),
  /** The condition, event or last lines that show it. */
  evidence: z.array(z.string()).optional(),
  hint: z.string(),
});
/** Why a job ended. */
export type Reason = z.infer<typeof reasonSchema>;

/** Makes a reason from its code; class and hint come from the table. */
export const reason = (code: ReasonCode, message: string, evidence?: readonly string[]): Reason => ({
  code,
  class: reasons[code].class,
  message,
  ...(evidence === undefined || evidence.length === 0 ? {} : { evidence: [...evidence] }),
  hint: reasons[code].hint,
});
