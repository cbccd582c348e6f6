import type { Problem } from '@danube/contract';
import { containers as names, paths } from '@danube/contract/names';
import type { Container, Pod, PodSpec, Volume } from '@danube/k8s-client';
import { isDeepStrictEqual } from 'node:util';
import { strategicMerge } from './strategic-merge.ts';
import { volumes } from './volumes.ts';

/** A pod as far as it is to be changed; null removes a field. */
export type PodPatch = {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string | null>>;
    readonly annotations?: Readonly<Record<string, string | null>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
};

/** Lays the patch over the pod. What it must not touch is for {@link brokenInvariants} to say. */
export const applyPodPatch = <T extends Pod>(pod: T, patch: PodPatch | undefined): T =>
  patch === undefined ? pod : (strategicMerge(pod, patch) as T);

/**
 * What a patched pod changed that the rest of Danube relies on: its names, its labels, the workspace and the control
 * volume, and that only the coordinator can get at a token.
 */
export const brokenInvariants = (before: Pod & { spec: PodSpec }, after: Pod): Problem[] => {
  const problems: Problem[] = [];
  const forbid = (path: readonly string[], why: string): void => {
    problems.push({ path: ['patch', ...path], message: `patch.${path.join('.')}: ${why}` });
  };
  const same = (path: readonly string[]): void => {
    if (!isDeepStrictEqual(at(before, path), at(after, path))) forbid(path, 'must stay as Danube sets it');
  };

  for (const field of fixedFields) same(field);
  for (const key of Object.keys(before.metadata?.labels ?? {})) same(['metadata', 'labels', key]);
  for (const key of Object.keys(before.metadata?.annotations ?? {})) same(['metadata', 'annotations', key]);
  for (const field of ['hostPID', 'shareProcessNamespace'] as const) {
    if (after.spec?.[field] === true)
      forbid(['spec', field], 'would let the worker reach the token of the coordinator');
  }
  for (const name of [
    volumes.control,
    volumes.jobSpec,
    volumes.apiAccess,
    volumes.danubeToken,
    volumes.secrets,
    volumes.keptSecrets,
  ]) {
    if (!isDeepStrictEqual(volumeOf(before, name), volumeOf(after, name)))
      forbid(['spec', 'volumes', name], 'must stay as Danube sets it');
  }
  if (volumeOf(after, volumes.workspace) === undefined) forbid(['spec', 'volumes', volumes.workspace], 'must be there');
  for (const problem of containerProblems(before, after)) forbid(...problem);
  return problems;
};

const fixedFields: readonly (readonly string[])[] = [
  ['apiVersion'],
  ['kind'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['metadata', 'generateName'],
  ['metadata', 'ownerReferences'],
  ['spec', 'restartPolicy'],
  ['spec', 'serviceAccountName'],
  ['spec', 'serviceAccount'],
  ['spec', 'automountServiceAccountToken'],
  ['spec', 'enableServiceLinks'],
  ['spec', 'activeDeadlineSeconds'],
];

type Complaint = [path: readonly string[], why: string];

const containerProblems = (before: Pod, after: Pod): Complaint[] => {
  const tokens = new Set((after.spec?.volumes ?? []).filter(isForCoordinator).map(({ name }) => name));
  const complaints: Complaint[] = [];
  for (const list of ['initContainers', 'containers'] as const) {
    const now = after.spec?.[list] ?? [];
    for (const { name } of before.spec?.[list] ?? []) {
      if (!now.some((container) => container.name === name)) complaints.push([['spec', list, name], 'must be there']);
    }
    for (const container of now) {
      const path = ['spec', list, container.name];
      const isCoordinator = container.name === names.coordinator;
      if (!isCoordinator && container.volumeMounts?.some(({ name }) => tokens.has(name)) === true)
        complaints.push([
          [...path, 'volumeMounts'],
          'only the coordinator may mount tokens and the secrets of the job',
        ]);
      const original = before.spec?.[list]?.find(({ name }) => name === container.name);
      if (original !== undefined) complaints.push(...changed(original, container, path));
    }
  }
  return complaints;
};

// A volume whose content could be a token, wherever it comes from. Secrets are the caller's to name.
const isForCoordinator = ({ name, projected }: Volume): boolean =>
  name === volumes.secrets ||
  name === volumes.keptSecrets ||
  projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken !== undefined) === true;

const changed = (original: Container, container: Container, path: readonly string[]): Complaint[] => {
  const complaints: Complaint[] = [];
  for (const { name, ...variable } of original.env ?? []) {
    const now = container.env?.find((other) => other.name === name);
    if (now === undefined || !isDeepStrictEqual(now, { name, ...variable }))
      complaints.push([[...path, 'env', name], 'must stay as Danube sets it']);
  }
  for (const mount of original.volumeMounts ?? []) {
    const now = container.volumeMounts?.find(({ mountPath }) => mountPath === mount.mountPath);
    if (!isDeepStrictEqual(now, mount))
      complaints.push([[...path, 'volumeMounts', mount.mountPath], 'must stay as Danube sets it']);
  }
  if (original.terminationMessagePath !== container.terminationMessagePath)
    complaints.push([[...path, 'terminationMessagePath'], `must stay ${paths.terminationLog}`]);
  return complaints;
};

const volumeOf = (pod: Pod, wanted: string): Volume | undefined =>
  pod.spec?.volumes?.find(({ name }) => name === wanted);

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
