import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../pods/pod-types.ts';
import type { ProcessSpec } from './container-process.ts';
import type { ContainerSlot } from './container-slot.ts';
import { containerEnvironment, expand } from './environment.ts';
import { commandLine, type ImageMap } from './image.ts';
import { PathMap } from './path-map.ts';
import type { VolumeSources } from './volumes.ts';

/** What a container is prepared from, beside its pod. */
export interface PrepareContext {
  readonly images: ImageMap;
  readonly sources: VolumeSources;
  /** Root of all that the simulator writes; paths below it are local already. */
  readonly dataDir: string;
  /** Directory of this pod. */
  readonly root: string;
  /** Volume name to its local directory. */
  readonly volumes: ReadonlyMap<string, string>;
  readonly simulatorId: string;
  readonly api: { readonly host: string; readonly port: number };
  /** Search path for programs. */
  readonly path: string;
}

/**
 * Turns a container into a process to start: variables resolved, container paths replaced by local ones, directories made.
 * @throws ContainerConfigError when a variable refers to something that is missing.
 */
export const prepareContainer = (pod: Pod, slot: ContainerSlot, context: PrepareContext): ProcessSpec => {
  const { spec } = slot;
  const own = join(context.root, 'containers', spec.name);
  const home = join(own, 'rootfs');
  const temporary = join(own, 'tmp');
  for (const directory of [home, temporary]) mkdirSync(directory, { recursive: true });
  const terminationFile = join(own, 'termination-log');

  const mounts = (spec.volumeMounts ?? []).flatMap(({ name, mountPath, subPath = '' }) => {
    const volume = context.volumes.get(name);
    if (volume === undefined) return [];
    const local = join(volume, subPath);
    if (subPath !== '') mkdirSync(local, { recursive: true });
    return [{ inside: mountPath, local }];
  });
  const message = { inside: spec.terminationMessagePath ?? '/dev/termination-log', local: terminationFile };
  const paths = new PathMap([...mounts, message], context.dataDir);

  const base = {
    PATH: context.path,
    HOME: home,
    TMPDIR: temporary,
    HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
    KUBERNETES_SERVICE_HOST: context.api.host,
    KUBERNETES_SERVICE_PORT: String(context.api.port),
    KUBERNETES_SERVICE_PORT_HTTPS: String(context.api.port),
    ...context.images[spec.image ?? '']?.env,
  };
  const lookUp = context.sources.lookUp;
  const env = containerEnvironment({ pod, container: spec, lookUp }, base);
  const argv = commandLine(spec, context.images).map((argument) => paths.rewrite(expand(argument, env)));
  for (const [name, value] of Object.entries(env)) env[name] = paths.rewrite(value);

  const workingDir = spec.workingDir ?? '';
  const cwd = workingDir === '' ? home : (paths.resolve(workingDir) ?? join(home, workingDir));
  mkdirSync(cwd, { recursive: true });
  const cookie = `${context.simulatorId}/${pod.metadata.uid}/${spec.name}/${slot.restartCount}`;
  return { argv, env, cwd, cookie, paths, terminationFile };
};
