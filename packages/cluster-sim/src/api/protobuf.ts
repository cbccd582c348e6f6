import type { JsonObject } from '../objects.ts';
import { failures } from './api-status.ts';

/**
 * Reads the protobuf bodies that kubectl's imperative commands send (`kubectl create namespace`, `create token` …). The
 * server itself answers in JSON only, which every client accepts. Field numbers: `generated.proto` of k8s.io/api and
 * k8s.io/apimachinery.
 */

type FieldType = 'string' | 'bytes' | 'bool' | 'int' | Schema;
interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly shape?: 'list' | 'map';
}
type Schema = Readonly<Record<number, Field>>;

const one = (name: string, type: FieldType = 'string'): Field => ({ name, type });
const list = (name: string, type: FieldType = 'string'): Field => ({ name, type, shape: 'list' });
const map = (name: string, type: FieldType = 'string'): Field => ({ name, type, shape: 'map' });

const ownerReference: Schema = {
  1: one('kind'),
  3: one('name'),
  4: one('uid'),
  5: one('apiVersion'),
  6: one('controller', 'bool'),
  7: one('blockOwnerDeletion', 'bool'),
};
const objectMeta: Schema = {
  1: one('name'),
  2: one('generateName'),
  3: one('namespace'),
  5: one('uid'),
  6: one('resourceVersion'),
  11: map('labels'),
  12: map('annotations'),
  13: list('ownerReferences', ownerReference),
  14: list('finalizers'),
};
const metadata = one('metadata', objectMeta);
const policyRules = list('rules', {
  1: list('verbs'),
  2: list('apiGroups'),
  3: list('resources'),
  4: list('resourceNames'),
  5: list('nonResourceURLs'),
});
const binding: Schema = {
  1: metadata,
  2: list('subjects', { 1: one('kind'), 2: one('apiGroup'), 3: one('name'), 4: one('namespace') }),
  3: one('roleRef', { 1: one('apiGroup'), 2: one('kind'), 3: one('name') }),
};

const schemas: Readonly<Record<string, Schema>> = {
  Namespace: { 1: metadata },
  ServiceAccount: {
    1: metadata,
    3: list('imagePullSecrets', { 1: one('name') }),
    4: one('automountServiceAccountToken', 'bool'),
  },
  ConfigMap: { 1: metadata, 2: map('data'), 3: map('binaryData', 'bytes'), 4: one('immutable', 'bool') },
  Secret: { 1: metadata, 2: map('data', 'bytes'), 3: one('type'), 4: map('stringData'), 5: one('immutable', 'bool') },
  Role: { 1: metadata, 2: policyRules },
  ClusterRole: { 1: metadata, 2: policyRules },
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  SelfSubjectReview: { 1: metadata },
  SelfSubjectAccessReview: {
    1: metadata,
    2: one('spec', {
      1: one('resourceAttributes', {
        1: one('namespace'),
        2: one('verb'),
        3: one('group'),
        4: one('version'),
        5: one('resource'),
        6: one('subresource'),
        7: one('name'),
      }),
      2: one('nonResourceAttributes', { 1: one('path'), 2: one('verb') }),
    }),
  },
  SelfSubjectRulesReview: { 1: metadata, 2: one('spec', { 1: one('namespace') }) },
  TokenRequest: {
    1: metadata,
    2: one('spec', {
      1: list('audiences'),
      3: one('boundObjectRef', { 1: one('kind'), 2: one('apiVersion'), 3: one('name'), 4: one('uid') }),
      4: one('expirationSeconds', 'int'),
    }),
  },
};

const envelope: Schema = {
  1: one('typeMeta', { 1: one('apiVersion'), 2: one('kind') }),
  2: one('raw', 'bytes'),
};
const MAGIC = Buffer.from('k8s\0');

interface Entry {
  readonly number: number;
  readonly value: number | Buffer;
}

/** Splits a message into its fields (https://protobuf.dev/programming-guides/encoding). */
function* entriesOf(bytes: Buffer): Generator<Entry> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = tag >>> 3;
    const wire = tag & 7;
    if (wire === 0) yield { number, value: varint() };
    else if (wire === 2) {
      const length = varint();
      yield { number, value: bytes.subarray(at, at + length) };
      at += length;
    } else if (wire === 1 || wire === 5) at += wire === 1 ? 8 : 4;
    else throw failures.badRequest('the body is not a protobuf message');
  }
}

const scalar = (type: FieldType, value: number | Buffer): unknown => {
  if (typeof value === 'number') return type === 'bool' ? value === 1 : value;
  if (type === 'bytes') return value.toString('base64');
  return typeof type === 'string' ? value.toString() : decode(type, value);
};

/** Empty strings are what Go writes for an unset field. */
const isUnset = (value: unknown): boolean => value === '';

const decode = (schema: Schema, bytes: Buffer): JsonObject => {
  const result: JsonObject = {};
  for (const { number, value } of entriesOf(bytes)) {
    const field = schema[number];
    if (field === undefined) continue;
    if (field.shape === 'map' && typeof value !== 'number') {
      const pair = decode({ 1: one('key'), 2: one('value', field.type) }, value);
      const key = typeof pair['key'] === 'string' ? pair['key'] : '';
      result[field.name] = { ...(result[field.name] as JsonObject | undefined), [key]: pair['value'] ?? '' };
    } else if (field.shape === 'list') {
      const before = (result[field.name] ?? []) as unknown[];
      result[field.name] = [...before, scalar(field.type, value)];
    } else {
      const read = scalar(field.type, value);
      if (!isUnset(read)) result[field.name] = read;
    }
  }
  return result;
};

/**
 * The object in a protobuf body.
 * @throws ApiStatus 415 for a kind that cannot be read in this form.
 */
export const decodeProtobuf = (body: Buffer): JsonObject => {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC))
    throw failures.badRequest('the body is not a Kubernetes protobuf message');
  const { typeMeta, raw } = decode(envelope, body.subarray(MAGIC.length));
  const { kind, apiVersion } = (typeMeta ?? {}) as { kind?: string; apiVersion?: string };
  const schema = schemas[kind ?? ''];
  if (schema === undefined) throw failures.unsupportedMediaType(['application/json']);
  return { apiVersion, kind, ...decode(schema, Buffer.from(typeof raw === 'string' ? raw : '', 'base64')) };
};
