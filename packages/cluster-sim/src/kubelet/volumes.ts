import {
  chmodSync,
  existsSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { asObject, asString, type KubeObject } from '../objects.ts';
import type { DownwardItem, KeyToPath, Pod, VolumeSpec } from '../pods/pod-types.ts';
import { randomSuffix } from '../store/metadata.ts';
import { fieldValue, resourceValue } from './downward.ts';

/** What volumes are made from. */
export interface VolumeSources {
  readonly lookUp: (kind: 'configMaps' | 'secrets', namespace: string, name: string) => KubeObject | undefined;
  readonly token: (pod: Pod, audience: string | undefined, expirationSeconds: number | undefined) => string;
}

/** A volume could not be made; the message is what the FailedMount event says. The kubelet tries again. */
export class MountError extends Error {
  override readonly name = 'MountError';
}

type Files = Map<string, Buffer>;

/** Bytes of all keys of a ConfigMap or Secret. */
export const dataOf = (object: KubeObject): Map<string, Buffer> => {
  const result = new Map<string, Buffer>();
  const encoded = object.kind === 'Secret' ? object['data'] : object['binaryData'];
  for (const [key, value] of Object.entries(asObject(encoded))) result.set(key, Buffer.from(asString(value), 'base64'));
  if (object.kind === 'ConfigMap') {
    for (const [key, value] of Object.entries(asObject(object['data']))) result.set(key, Buffer.from(asString(value)));
  }
  return result;
};

interface KeySource {
  readonly kind: 'configMaps' | 'secrets';
  readonly name: string;
  readonly items: readonly KeyToPath[] | undefined;
  readonly optional: boolean;
}

const keyFiles = (pod: Pod, source: KeySource, sources: VolumeSources): Files => {
  const what = source.kind === 'secrets' ? 'secret' : 'configmap';
  const object = sources.lookUp(source.kind, pod.metadata.namespace ?? '', source.name);
  if (object === undefined) {
    if (source.optional) return new Map();
    throw new MountError(`${what} "${source.name}" not found`);
  }
  const data = dataOf(object);
  if (source.items === undefined) return data;
  const files: Files = new Map();
  for (const { key, path } of source.items) {
    const bytes = data.get(key);
    if (bytes !== undefined) files.set(path, bytes);
    else if (!source.optional) throw new MountError(`references non-existent ${what} key: ${key}`);
  }
  return files;
};

const downwardFiles = (pod: Pod, items: readonly DownwardItem[] | undefined): Files => {
  const files: Files = new Map();
  for (const { path, fieldRef, resourceFieldRef } of items ?? []) {
    if (fieldRef !== undefined) files.set(path, Buffer.from(fieldValue(pod, fieldRef) ?? ''));
    else if (resourceFieldRef !== undefined) {
      const container = pod.spec.containers.find(({ name }) => name === resourceFieldRef.containerName);
      if (container !== undefined) files.set(path, Buffer.from(resourceValue(container, resourceFieldRef.resource)));
    }
  }
  return files;
};

const projectedFiles = (pod: Pod, volume: VolumeSpec, sources: VolumeSources): Files => {
  const files: Files = new Map();
  const add = (more: Files): void => {
    for (const [path, bytes] of more) files.set(path, bytes);
  };
  for (const source of volume.projected?.sources ?? []) {
    const { serviceAccountToken, downwardAPI, configMap, secret } = source;
    if (serviceAccountToken !== undefined) {
      const { path, audience, expirationSeconds } = serviceAccountToken;
      files.set(path, Buffer.from(sources.token(pod, audience, expirationSeconds)));
    }
    if (downwardAPI !== undefined) add(downwardFiles(pod, downwardAPI.items));
    if (configMap !== undefined) {
      add(
        keyFiles(
          pod,
          { ...configMap, kind: 'configMaps', items: configMap.items, optional: configMap.optional ?? false },
          sources,
        ),
      );
    }
    if (secret !== undefined) {
      add(
        keyFiles(pod, { ...secret, kind: 'secrets', items: secret.items, optional: secret.optional ?? false }, sources),
      );
    }
  }
  return files;
};

/** The files of a volume that is made from the API, or undefined for one that is a plain directory. */
const filesOf = (pod: Pod, volume: VolumeSpec, sources: VolumeSources): Files | undefined => {
  const { configMap, secret, downwardAPI } = volume;
  if (configMap !== undefined) {
    return keyFiles(
      pod,
      { ...configMap, kind: 'configMaps', items: configMap.items, optional: configMap.optional ?? false },
      sources,
    );
  }
  if (secret !== undefined) {
    return keyFiles(
      pod,
      { name: secret.secretName, kind: 'secrets', items: secret.items, optional: secret.optional ?? false },
      sources,
    );
  }
  if (downwardAPI !== undefined) return downwardFiles(pod, downwardAPI.items);
  return volume.projected === undefined ? undefined : projectedFiles(pod, volume, sources);
};

const current = (directory: string): string | undefined => {
  try {
    return readlinkSync(join(directory, '..data'));
  } catch {
    return undefined;
  }
};

/** Writes files the way the kubelet does (AtomicWriter): a new directory, then one rename of the `..data` link. */
const writeAtomically = (directory: string, files: Files): void => {
  const fresh = `..${new Date().toISOString().slice(0, 19).replaceAll(/[-:T]/g, '_')}.${randomSuffix(9)}`;
  const before = current(directory);
  for (const [path, bytes] of files) {
    const target = join(directory, fresh, normalize(`/${path}`));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes, { mode: 0o644 });
  }
  mkdirSync(join(directory, fresh), { recursive: true });
  symlinkSync(fresh, join(directory, '..data_tmp'));
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
  for (const path of files.keys()) {
    const top = path.split('/')[0] ?? path;
    if (!existsSync(join(directory, top))) {
      rmSync(join(directory, top), { force: true });
      symlinkSync(join('..data', top), join(directory, top));
    }
  }
  if (before !== undefined) rmSync(join(directory, before), { recursive: true, force: true });
};

const isPlainDirectory = (volume: VolumeSpec): boolean =>
  volume.emptyDir !== undefined || Object.keys(volume).every((key) => key === 'name') || 'ephemeral' in volume;

/**
 * Makes one volume below `root` and returns its local directory. Calling it again refreshes what is made from the API.
 * @throws MountError when something that it is made from is missing, or for a kind of volume that is not simulated.
 */
export const makeVolume = (
  pod: Pod,
  volume: VolumeSpec,
  { root, sources }: { root: string; sources: VolumeSources },
): string => {
  if (volume.hostPath !== undefined) return volume.hostPath.path;
  const directory = join(root, volume.name);
  const files = filesOf(pod, volume, sources);
  if (files === undefined && !isPlainDirectory(volume)) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
    throw new MountError(`MountVolume.SetUp failed for volume "${volume.name}": ${kind} volumes are not simulated`);
  }
  mkdirSync(directory, { recursive: true });
  if (files === undefined) chmodSync(directory, pod.spec.securityContext?.fsGroup === undefined ? 0o777 : 0o2777);
  else writeAtomically(directory, files);
  return directory;
};
