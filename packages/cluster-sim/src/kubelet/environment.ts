import type { ContainerSpec, EnvVar, Pod } from '../pods/pod-types.ts';
import { fieldValue, resourceValue } from './downward.ts';
import { dataOf, type VolumeSources } from './volumes.ts';

/** A container's configuration refers to something that is not there; the message is the kubelet's. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

/** Replaces `$(NAME)` by the variable; `$$(NAME)` stays as `$(NAME)`; an unknown name stays as it is. */
export const expand = (text: string, env: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$(\$)?\(([^)]*)\)|\$\$/g, (found: string, escape: string | undefined, name: string | undefined) => {
    if (name === undefined) return '$';
    return escape === undefined ? (env[name] ?? found) : `$(${name})`;
  });

interface Context {
  readonly pod: Pod;
  readonly container: ContainerSpec;
  readonly lookUp: VolumeSources['lookUp'];
}

const keyValue = (
  { pod, lookUp }: Context,
  kind: 'configMaps' | 'secrets',
  ref: { name: string; key: string; optional?: boolean },
): string | undefined => {
  const what = kind === 'secrets' ? 'secret' : 'configmap';
  const namespace = pod.metadata.namespace ?? '';
  const object = lookUp(kind, namespace, ref.name);
  const value = object === undefined ? undefined : dataOf(object).get(ref.key);
  if (value !== undefined || ref.optional === true) return value?.toString();
  if (object === undefined) throw new ContainerConfigError(`${what} "${ref.name}" not found`);
  const label = kind === 'secrets' ? 'Secret' : 'ConfigMap';
  throw new ContainerConfigError(`couldn't find key ${ref.key} in ${label} ${namespace}/${ref.name}`);
};

const valueOf = (variable: EnvVar, context: Context): string | undefined => {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  if (fieldRef !== undefined) return fieldValue(context.pod, fieldRef) ?? '';
  if (resourceFieldRef !== undefined) {
    return resourceValue(context.container, resourceFieldRef.resource, resourceFieldRef.divisor);
  }
  if (configMapKeyRef !== undefined) return keyValue(context, 'configMaps', configMapKeyRef);
  if (secretKeyRef !== undefined) return keyValue(context, 'secrets', secretKeyRef);
  return variable.value ?? '';
};

/**
 * The variables of a container as its spec says them, on top of `base`.
 * @throws ContainerConfigError when a referenced ConfigMap, Secret or key is missing.
 */
export const containerEnvironment = (
  context: Context,
  base: Readonly<Record<string, string>>,
): Record<string, string> => {
  const env: Record<string, string> = { ...base };
  const { container, pod, lookUp } = context;
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const ref = configMapRef ?? secretRef;
    if (ref === undefined) continue;
    const kind = configMapRef === undefined ? 'secrets' : 'configMaps';
    const object = lookUp(kind, pod.metadata.namespace ?? '', ref.name);
    if (object === undefined && ref.optional !== true) {
      throw new ContainerConfigError(`${kind === 'secrets' ? 'secret' : 'configmap'} "${ref.name}" not found`);
    }
    if (object !== undefined) for (const [key, value] of dataOf(object)) env[prefix + key] = value.toString();
  }
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, context);
    if (value !== undefined) env[variable.name] = expand(value, env);
  }
  return env;
};
