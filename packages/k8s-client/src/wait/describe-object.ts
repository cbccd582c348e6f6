import type { KubeObject } from '../resources/models.ts';

type Condition = {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
};

type Statused = KubeObject & {
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: Readonly<Record<string, { readonly reason?: string; readonly exitCode?: number } | undefined>>;
    }[];
  };
  readonly spec?: { readonly finalizers?: readonly string[] };
};

/** Conditions of a namespace in deletion that are True when something is in its way; their messages count what is left. */
const blocks = ({ type }: Condition): boolean =>
  /^Namespace(Deletion\w+Failure|ContentRemaining|FinalizersRemaining)$/.test(type);

/** How an object looked last, in one line for an error message: what blocks it, and nothing that may be secret. */
export const describeObject = (object: KubeObject | undefined): string => {
  if (object === undefined) return 'it does not exist';
  const { metadata, status, spec } = object as Statused;
  const containers = status?.containerStatuses?.map(({ name, state }) => {
    const [kind, detail] = Object.entries(state ?? {}).find(([, value]) => value !== undefined) ?? [
      'unknown',
      undefined,
    ];
    return `${name} ${kind}${detail?.reason === undefined ? '' : ` (${detail.reason})`}`;
  });
  const conditions = status?.conditions ?? [];
  const blocking = conditions
    .filter((condition) => blocks(condition) && condition.status === 'True')
    .map(({ type, message }) => `${type}: ${message ?? ''}`);
  const unmet = conditions
    .filter((condition) => !blocks(condition) && condition.status !== 'True')
    .map(({ type, reason }) => `${type}${reason === undefined ? '' : `: ${reason}`}`);
  // Every namespace has the finalizer `kubernetes`: it only says that its content is still being deleted.
  const finalizers = [...(metadata?.finalizers ?? []), ...(spec?.finalizers ?? [])].filter(
    (finalizer) => finalizer !== 'kubernetes',
  );
  const parts = [
    status?.phase === undefined ? undefined : `phase ${status.phase}`,
    status?.reason,
    metadata?.deletionTimestamp === undefined ? undefined : `being deleted since ${metadata.deletionTimestamp}`,
    metadata?.deletionTimestamp !== undefined && finalizers.length > 0
      ? `blocked by finalizer ${finalizers.join(', ')}`
      : undefined,
    blocking.length === 0 ? undefined : `blocked by ${blocking.join(' ')}`,
    containers === undefined || containers.length === 0 ? undefined : `containers: ${containers.join(', ')}`,
    unmet.length === 0 ? undefined : `not true: ${unmet.join(', ')}`,
  ].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? 'it exists' : parts.join('; ');
};
