import type { JsonObject, ManagedFieldsEntry } from '../objects.ts';

/** One cause in the details of a Status. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

interface StatusInit {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: JsonObject;
  /** A continue token that starts again at the current state; comes with 410 for an expired token. */
  readonly continueToken?: string;
}

/** Which object an answer speaks of: its plural, its group and its name. */
export interface ObjectRef {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly name: string;
}

/**
 * An answer that is a Kubernetes `Status` of failure. Throw it anywhere below the request handler; the client gets it
 * as HTTP status and body.
 */
export class ApiStatus extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;
  readonly #continueToken: string | undefined;

  constructor(init: StatusInit) {
    super(init.message);
    this.name = 'ApiStatus';
    this.code = init.code;
    this.reason = init.reason;
    this.details = init.details;
    this.#continueToken = init.continueToken;
  }

  /** The body on the wire. */
  toJSON(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.#continueToken === undefined ? {} : { continue: this.#continueToken },
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

const qualified = (ref: Pick<ObjectRef, 'group' | 'plural'>): string =>
  ref.group === '' ? ref.plural : `${ref.plural}.${ref.group}`;
const detailsOf = (ref: ObjectRef, kind: string): JsonObject => ({
  name: ref.name,
  ...(ref.group === '' ? {} : { group: ref.group }),
  kind,
});

/** How the text of a conflict names a manager: one that applies has no version (fieldmanager `printManager`). */
const managerText = ({ manager, operation, subresource, apiVersion }: ManagedFieldsEntry): string => {
  const part = subresource === undefined ? '' : ` with subresource "${subresource}"`;
  return `"${manager}"${part}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
};

/** The failures of the API, with the texts of k8s.io/apimachinery `pkg/api/errors`. */
export const failures = {
  notFound: (ref: ObjectRef): ApiStatus =>
    new ApiStatus({
      code: 404,
      reason: 'NotFound',
      message: `${qualified(ref)} "${ref.name}" not found`,
      details: detailsOf(ref, ref.plural),
    }),
  noSuchPath: (): ApiStatus =>
    new ApiStatus({
      code: 404,
      reason: 'NotFound',
      message: 'the server could not find the requested resource',
      details: {},
    }),
  alreadyExists: (ref: ObjectRef): ApiStatus =>
    new ApiStatus({
      code: 409,
      reason: 'AlreadyExists',
      message: `${qualified(ref)} "${ref.name}" already exists`,
      details: detailsOf(ref, ref.plural),
    }),
  conflict: (
    ref: ObjectRef,
    why = 'the object has been modified; please apply your changes to the latest version and try again',
  ): ApiStatus =>
    new ApiStatus({
      code: 409,
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on ${qualified(ref)} "${ref.name}": ${why}`,
      details: detailsOf(ref, ref.plural),
    }),
  applyConflict: (conflicts: readonly { entry: ManagedFieldsEntry; field: string }[]): ApiStatus => {
    const causes = conflicts.map(({ entry, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${managerText(entry)}`,
      field,
    }));
    const [first] = causes;
    const text =
      causes.length === 1
        ? `1 conflict: ${first?.message ?? ''}: ${first?.field ?? ''}`
        : `${causes.length} conflicts: ${causes.map(({ message, field }) => `${message}:\n- ${field}`).join('\n')}`;
    return new ApiStatus({ code: 409, reason: 'Conflict', message: `Apply failed with ${text}`, details: { causes } });
  },
  invalid: (ref: ObjectRef, causes: readonly StatusCause[]): ApiStatus => {
    const texts = causes.map((cause) => `${cause.field ?? ''}: ${cause.message}`);
    const list = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
    const kind = ref.group === '' ? ref.kind : `${ref.kind}.${ref.group}`;
    return new ApiStatus({
      code: 422,
      reason: 'Invalid',
      message: `${kind} "${ref.name}" is invalid: ${list}`,
      details: { ...detailsOf(ref, ref.kind), causes },
    });
  },
  badRequest: (message: string): ApiStatus => new ApiStatus({ code: 400, reason: 'BadRequest', message }),
  jsonPatchTest: (path: string): ApiStatus =>
    new ApiStatus({
      code: 422,
      reason: 'Invalid',
      message: `the server rejected our request due to an error in our request: testing path ${path} failed`,
      details: {},
    }),
  unauthorized: (): ApiStatus => new ApiStatus({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' }),
  forbidden: (ref: ObjectRef, why: string): ApiStatus =>
    new ApiStatus({
      code: 403,
      reason: 'Forbidden',
      message:
        ref.name === ''
          ? `${qualified(ref)} is forbidden: ${why}`
          : `${qualified(ref)} "${ref.name}" is forbidden: ${why}`,
      details: detailsOf(ref, ref.plural),
    }),
  namespaceTerminating: (ref: ObjectRef, namespace: string): ApiStatus =>
    new ApiStatus({
      code: 403,
      reason: 'Forbidden',
      message: `${qualified(ref)} "${ref.name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
      details: {
        ...detailsOf(ref, ref.plural),
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      },
    }),
  disruptionBudget: (name: string, { needed, healthy }: { needed: number; healthy: number }): ApiStatus =>
    new ApiStatus({
      code: 429,
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: `The disruption budget ${name} needs ${needed} healthy pods and has ${healthy} currently`,
          },
        ],
      },
    }),
  methodNotAllowed: (): ApiStatus =>
    new ApiStatus({
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource',
      details: {},
    }),
  unsupportedMediaType: (accepted: readonly string[]): ApiStatus =>
    new ApiStatus({
      code: 415,
      reason: 'UnsupportedMediaType',
      message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    }),
  expired: (message: string, continueToken?: string): ApiStatus =>
    new ApiStatus({ code: 410, reason: 'Expired', message, ...(continueToken === undefined ? {} : { continueToken }) }),
  tooLargeResourceVersion: (asked: number, current: number): ApiStatus =>
    new ApiStatus({
      code: 504,
      reason: 'Timeout',
      message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    }),
  internal: (message: string): ApiStatus =>
    new ApiStatus({
      code: 500,
      reason: 'InternalError',
      message: `Internal error occurred: ${message}`,
      details: { causes: [{ message }] },
    }),
};
