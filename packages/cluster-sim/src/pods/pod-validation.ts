import type { StatusCause } from '../api/api-status.ts';
import { asArray, asString, isObject } from '../objects.ts';
import { parseQuantity } from './quantity.ts';
import type { Pod } from './pod-types.ts';

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const required = (field: string, message = ''): StatusCause => ({
  reason: 'FieldValueRequired',
  message: message === '' ? 'Required value' : `Required value: ${message}`,
  field,
});
const invalid = (field: string, value: unknown, message: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${message}`,
  field,
});
const notFound = (field: string, value: string): StatusCause => ({
  reason: 'FieldValueNotFound',
  message: `Not found: ${JSON.stringify(value)}`,
  field,
});
const duplicate = (field: string, value: string): StatusCause => ({
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${JSON.stringify(value)}`,
  field,
});
const notSupported = (field: string, value: unknown, supported: readonly string[]): StatusCause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((entry) => JSON.stringify(entry)).join(', ')}`,
  field,
});

const nameCauses = (name: string, field: string): StatusCause[] => {
  if (name === '') return [required(`${field}.name`)];
  return DNS_LABEL.test(name) && name.length <= 63 ? [] : [invalid(`${field}.name`, name, DNS_LABEL_TEXT)];
};

const quantityCauses = (container: Record<string, unknown>, field: string): StatusCause[] => {
  const resources = isObject(container['resources']) ? container['resources'] : {};
  const causes: StatusCause[] = [];
  for (const part of ['limits', 'requests']) {
    const amounts = isObject(resources[part]) ? resources[part] : {};
    for (const [name, value] of Object.entries(amounts)) {
      if (parseQuantity(String(value)) === undefined) {
        causes.push(invalid(`${field}.resources.${part}.${name}`, value, 'must be a quantity'));
      }
    }
    const limits = isObject(resources['limits']) ? resources['limits'] : {};
    if (part === 'limits') continue;
    for (const [name, value] of Object.entries(amounts)) {
      const limit = limits[name] === undefined ? undefined : parseQuantity(asString(limits[name]));
      const request = parseQuantity(String(value));
      if (limit !== undefined && request !== undefined && request > limit) {
        causes.push(
          invalid(
            `${field}.resources.requests`,
            value,
            `must be less than or equal to ${name} limit of ${asString(limits[name])}`,
          ),
        );
      }
    }
  }
  return causes;
};

const containerCauses = (value: unknown, field: string, volumes: ReadonlySet<string>): StatusCause[] => {
  const container = isObject(value) ? value : {};
  const causes = nameCauses(asString(container['name']), field);
  if (asString(container['image']) === '') causes.push(required(`${field}.image`));
  asArray(container['volumeMounts']).forEach((entry, index) => {
    const mount = isObject(entry) ? entry : {};
    const at = `${field}.volumeMounts[${index}]`;
    if (!volumes.has(asString(mount['name']))) causes.push(notFound(`${at}.name`, asString(mount['name'])));
    if (asString(mount['mountPath']) === '') causes.push(required(`${at}.mountPath`));
  });
  asArray(container['env']).forEach((entry, index) => {
    if (!isObject(entry) || asString(entry['name']) === '') causes.push(required(`${field}.env[${index}].name`));
  });
  return [...causes, ...quantityCauses(container, field)];
};

/** What is wrong with a pod, as the API server would say it. Covers what clients get wrong in practice, not every rule. */
export const validatePod = (pod: Pod): StatusCause[] => {
  const spec = isObject(pod.spec) ? pod.spec : undefined;
  if (spec === undefined) return [required('spec.containers')];
  const causes: StatusCause[] = [];
  const volumes = new Set<string>();
  asArray(spec.volumes).forEach((entry, index) => {
    const name = asString(isObject(entry) ? entry['name'] : '');
    causes.push(...nameCauses(name, `spec.volumes[${index}]`));
    if (volumes.has(name)) causes.push(duplicate(`spec.volumes[${index}].name`, name));
    volumes.add(name);
  });
  if (asArray(spec.containers).length === 0) causes.push(required('spec.containers'));
  const names = new Set<string>();
  for (const list of ['initContainers', 'containers'] as const) {
    asArray(spec[list]).forEach((entry, index) => {
      const field = `spec.${list}[${index}]`;
      causes.push(...containerCauses(entry, field, volumes));
      const name = asString(isObject(entry) ? entry['name'] : '');
      if (name !== '' && names.has(name)) causes.push(duplicate(`${field}.name`, name));
      names.add(name);
    });
  }
  const policies = ['Always', 'OnFailure', 'Never'];
  if (spec.restartPolicy !== undefined && !policies.includes(spec.restartPolicy)) {
    causes.push(notSupported('spec.restartPolicy', spec.restartPolicy, policies));
  }
  if (spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds < 1) {
    causes.push(
      invalid('spec.activeDeadlineSeconds', spec.activeDeadlineSeconds, 'must be between 1 and 2147483647, inclusive'),
    );
  }
  return causes;
};

/** The only parts of a pod's spec that an update may change (pkg/apis/core/validation, ValidatePodUpdate). */
const mutable = ({ spec }: Pod): unknown => ({
  ...spec,
  activeDeadlineSeconds: undefined,
  tolerations: undefined,
  terminationGracePeriodSeconds: undefined,
  containers: spec.containers.map((container) => ({ ...container, image: undefined, resources: undefined })),
  initContainers: spec.initContainers?.map((container) => ({ ...container, image: undefined, resources: undefined })),
});

/** What an update changed that cannot be changed. */
export const validatePodUpdate = (next: Pod, previous: Pod): StatusCause[] =>
  stable(mutable(next)) === stable(mutable(previous))
    ? []
    : [
        {
          reason: 'FieldValueForbidden',
          message:
            'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
          field: 'spec',
        },
      ];

const stable = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
