import type { KubeObject } from '../resources/models.ts';

type Statused = KubeObject & {
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: Readonly<Record<string, { readonly reason?: string; readonly exitCode?: number } | undefined>>;
    }[];
  };
  readonly spec?: { readonly finalizers?: readonly string[] };
};

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
  const unmet = status?.conditions
    ?.filter((condition) => condition.status !== 'True')
    .map(({ type, reason }) => `${type}${reason === undefined ? '' : `: ${reason}`}`);
  const finalizers = [...(metadata?.finalizers ?? []), ...(spec?.finalizers ?? [])];
  const parts = [
    status?.phase === undefined ? undefined : `phase ${status.phase}`,
    status?.reason,
    metadata?.deletionTimestamp === undefined ? undefined : `being deleted since ${metadata.deletionTimestamp}`,
    metadata?.deletionTimestamp !== undefined && finalizers.length > 0
      ? `blocked by finalizer ${finalizers.join(', ')}`
      : undefined,
    containers === undefined || containers.length === 0 ? undefined : `containers: ${containers.join(', ')}`,
    unmet === undefined || unmet.length === 0 ? undefined : `not true: ${unmet.join(', ')}`,
  ].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? 'it exists' : parts.join('; ');
};
