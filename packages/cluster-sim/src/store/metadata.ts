import { randomInt, randomUUID } from 'node:crypto';
import { failures, type ObjectRef, type StatusCause } from '../api/api-status.ts';
import { apiVersionOf, type ResourceKind } from '../api/kinds.ts';
import { apiTime, asString, isObject, omit, type JsonObject, type KubeObject, type ObjectMeta } from '../objects.ts';

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'; // no vowels: generated names spell nothing
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** How error texts name an object. */
export const refOf = (kind: ResourceKind, name: string): ObjectRef => ({
  group: kind.group,
  plural: kind.plural,
  kind: kind.kind,
  name,
});

/** Some random letters and digits that cannot spell a word, as `generateName` appends them. */
export const randomSuffix = (length = 5): string =>
  Array.from({ length }, () => SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)] ?? 'x').join('');

const invalid = (field: string, value: string, text: string): StatusCause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${text}`,
  field,
});

const nameCauses = (kind: ResourceKind, name: string): StatusCause[] => {
  if (kind.group === 'rbac.authorization.k8s.io') {
    return /[/%]/.test(name) ? [invalid('metadata.name', name, "may not contain '/' or '%'")] : [];
  }
  const ok =
    kind.plural === 'namespaces' ? LABEL.test(name) && name.length <= 63 : SUBDOMAIN.test(name) && name.length <= 253;
  return ok ? [] : [invalid('metadata.name', name, SUBDOMAIN_TEXT)];
};

/** What is wrong with name, labels and annotations. */
export const metadataCauses = (kind: ResourceKind, meta: ObjectMeta): StatusCause[] => {
  const causes = nameCauses(kind, meta.name);
  for (const [key, value] of Object.entries(meta.labels ?? {})) {
    if (!QUALIFIED_KEY.test(key))
      causes.push(invalid('metadata.labels', key, 'name part must consist of alphanumeric characters'));
    if (!LABEL_VALUE.test(value)) causes.push(invalid('metadata.labels', value, LABEL_VALUE_TEXT));
  }
  for (const key of Object.keys(meta.annotations ?? {})) {
    if (!QUALIFIED_KEY.test(key.toLowerCase())) {
      causes.push(invalid('metadata.annotations', key, 'name part must consist of alphanumeric characters'));
    }
  }
  return causes;
};

interface Placement {
  readonly kind: ResourceKind;
  readonly namespace: string | undefined;
  readonly now: Date;
}

const clean = (meta: JsonObject): JsonObject =>
  omit(meta, 'selfLink', 'deletionTimestamp', 'deletionGracePeriodSeconds');

/**
 * The object that a create stores: checked against its URL, with name, uid and times set by the server.
 * @throws ApiStatus 400 when body and URL disagree, 422 without a name.
 */
export const newObject = (body: JsonObject, { kind, namespace, now }: Placement): KubeObject => {
  checkType(body, kind);
  const meta = isObject(body['metadata']) ? clean(body['metadata']) : {};
  const bodyNamespace = asString(meta['namespace']);
  if (namespace !== undefined && bodyNamespace !== '' && bodyNamespace !== namespace) {
    throw failures.badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (asString(meta['resourceVersion']) !== '') {
    throw failures.badRequest('resourceVersion should not be set on objects to be created');
  }
  const generateName = asString(meta['generateName']);
  const name = asString(meta['name']) || (generateName === '' ? '' : generateName + randomSuffix());
  if (name === '') {
    throw failures.invalid(refOf(kind, ''), [
      {
        reason: 'FieldValueRequired',
        message: 'Required value: name or generateName is required',
        field: 'metadata.name',
      },
    ]);
  }
  return {
    ...body,
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      ...meta,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: randomUUID(),
      resourceVersion: '',
      creationTimestamp: apiTime(now),
      ...(isObject(body['spec']) ? { generation: 1 } : {}),
    },
  };
};

const checkType = (body: JsonObject, kind: ResourceKind): void => {
  const bodyKind = asString(body['kind']);
  const bodyVersion = asString(body['apiVersion']);
  if (bodyKind !== '' && bodyKind !== kind.kind) {
    throw failures.badRequest(
      `${bodyKind} in version "${bodyVersion}" cannot be handled as a ${kind.kind}: no kind "${bodyKind}" is registered for version "${bodyVersion}"`,
    );
  }
  if (bodyVersion !== '' && bodyVersion !== apiVersionOf(kind)) {
    throw failures.badRequest(
      `the API version in the data (${bodyVersion}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  }
};

/**
 * The object that an update stores: the client's, with the metadata that only the server may set taken from the current one.
 * @throws ApiStatus 400 for another name or kind, 409 when it was read at another resourceVersion or belongs to another uid.
 */
export const updatedObject = (body: JsonObject, current: KubeObject, kind: ResourceKind): KubeObject => {
  checkType(body, kind);
  const meta = isObject(body['metadata']) ? body['metadata'] : {};
  const { metadata } = current;
  if (asString(meta['name']) !== '' && meta['name'] !== metadata.name) {
    throw failures.badRequest(
      `the name of the object (${asString(meta['name'])}) does not match the name on the URL (${metadata.name})`,
    );
  }
  const ref = refOf(kind, metadata.name);
  const uid = asString(meta['uid']);
  if (uid !== '' && uid !== metadata.uid) {
    throw failures.conflict(
      ref,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`,
    );
  }
  const resourceVersion = asString(meta['resourceVersion']);
  if (resourceVersion !== '' && resourceVersion !== metadata.resourceVersion) throw failures.conflict(ref);
  return {
    ...body,
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      ...clean(meta),
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      creationTimestamp: metadata.creationTimestamp,
      ...(metadata.generateName === undefined ? {} : { generateName: metadata.generateName }),
      ...(metadata.generation === undefined ? {} : { generation: metadata.generation }),
      ...(metadata.deletionTimestamp === undefined ? {} : { deletionTimestamp: metadata.deletionTimestamp }),
      ...(metadata.deletionGracePeriodSeconds === undefined
        ? {}
        : { deletionGracePeriodSeconds: metadata.deletionGracePeriodSeconds }),
    },
  };
};
