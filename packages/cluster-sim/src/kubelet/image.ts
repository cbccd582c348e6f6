import type { ContainerSpec } from '../pods/pod-types.ts';

/** What stands for an image: the program that its container runs, and variables it brings. */
export interface ImageEntry {
  /** Used when the container has no `command`; `args` are appended. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Exact image name to what stands for it. */
export type ImageMap = Readonly<Record<string, ImageEntry>>;

/** Why a container cannot be started, as the kubelet reports it. */
export interface WaitingReason {
  readonly reason:
    'InvalidImageName' | 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'CreateContainerConfigError';
  readonly message: string;
}

const REFERENCE =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

/** What a container of an image without `command` runs when nothing stands for the image: it idles until told to end. */
const IDLE = ['sh', '-c', "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"];

const splitTag = (image: string): [string, string] => {
  const match = /^(.*?)(?::([^/:]+))?$/.exec(image);
  return [match?.[1] ?? image, match?.[2] ?? 'latest'];
};

/** Why the kubelet could not get this image, or undefined when it could. Registries under `.invalid` (RFC 2606) cannot be found. */
export const imageProblem = (image: string, pullPolicy: string | undefined): WaitingReason | undefined => {
  if (!REFERENCE.test(image)) {
    const why = `couldn't parse image name "${image}": invalid reference format`;
    return { reason: 'InvalidImageName', message: `Failed to apply default image tag "${image}": ${why}` };
  }
  const registry = image.split('/')[0]?.replace(/:[0-9]+$/, '') ?? '';
  if (!image.includes('/') || !registry.endsWith('.invalid')) return undefined;
  if (pullPolicy === 'Never') {
    return {
      reason: 'ErrImageNeverPull',
      message: `Container image "${image}" is not present with pull policy of Never`,
    };
  }
  const [name, tag] = splitTag(image);
  const host = image.split('/')[0] ?? '';
  const manifest = `https://${host}/v2/${name.slice(host.length + 1)}/manifests/${tag}`;
  return {
    reason: 'ErrImagePull',
    message: `failed to pull and unpack image "${name}:${tag}": failed to resolve reference "${name}:${tag}": failed to do request: Head "${manifest}": dial tcp: lookup ${registry}: no such host`,
  };
};

/** The command line of a container, before variables and paths are replaced. */
export const commandLine = (container: ContainerSpec, images: ImageMap): string[] => {
  const args = container.args ?? [];
  if (container.command !== undefined && container.command.length > 0) return [...container.command, ...args];
  const entry = images[container.image ?? ''];
  if (entry !== undefined) return [...entry.command, ...args];
  return args.length > 0 ? args : IDLE;
};
