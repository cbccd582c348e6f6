import { failures } from '../api/api-status.ts';
import { asString, at, type KubeObject } from '../objects.ts';

/** Says whether an object is selected. */
export type Predicate = (object: KubeObject) => boolean;

const LABEL_KEY = /^([a-z0-9A-Z.-]+\/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

const splitRequirements = (text: string): string[] =>
  text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

const labelRequirement = (text: string): Predicate => {
  const labels = (object: KubeObject): Record<string, string> => object.metadata.labels ?? {};
  const setBased = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (setBased !== null) {
    const [, key = '', operator, list = ''] = setBased;
    const values = new Set(list.split(',').map((value) => value.trim()));
    if (operator === 'in') return (object) => values.has(labels(object)[key] ?? '\0');
    return (object) => !values.has(labels(object)[key] ?? '\0');
  }
  const equality = /^([^=!\s]+)\s*(!=|==|=)\s*(\S*)$/.exec(text);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    if (!LABEL_KEY.test(key)) throw failures.badRequest(`unable to parse requirement: invalid label key "${key}"`);
    return operator === '!=' ? (object) => labels(object)[key] !== value : (object) => labels(object)[key] === value;
  }
  const absent = text.startsWith('!');
  const key = absent ? text.slice(1).trim() : text;
  if (!LABEL_KEY.test(key)) throw failures.badRequest(`unable to parse requirement: found '${text}'`);
  return (object) => (labels(object)[key] === undefined) === absent;
};

/**
 * Parses a label selector (`a=b,c in (d,e),!f`).
 * @throws ApiStatus 400 for text that is not a selector.
 */
export const parseLabelSelector = (text: string): Predicate => {
  const parts = splitRequirements(text).map(labelRequirement);
  return (object) => parts.every((part) => part(object));
};

/** The fields by which pods can be selected, as the API server registers them; the rest have name and namespace. */
const podFields = new Set([
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.nominatedNodeName',
]);
const eventFields = new Set([
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.resourceVersion',
  'involvedObject.fieldPath',
  'reason',
  'reportingComponent',
  'source',
  'type',
]);
const otherFields: Readonly<Record<string, ReadonlySet<string>>> = {
  pods: podFields,
  events: eventFields,
  namespaces: new Set(['status.phase']),
  nodes: new Set(['spec.unschedulable']),
  secrets: new Set(['type']),
};

const fieldValue = (object: KubeObject, path: string): string => {
  const value = path === 'source' ? at(object, 'source', 'component') : at(object, ...path.split('.'));
  return typeof value === 'boolean' ? String(value) : asString(value);
};

/**
 * Parses a field selector (`status.phase=Running,spec.nodeName!=x`) for a kind.
 * @throws ApiStatus 400 for a field that this kind cannot be selected by.
 */
export const parseFieldSelector = (text: string, plural: string): Predicate => {
  const parts = splitRequirements(text).map((part): Predicate => {
    const match = /^([^=!]+)(!=|==|=)(.*)$/.exec(part);
    if (match === null) throw failures.badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = '', operator, value = ''] = match;
    const selectable =
      field === 'metadata.name' || field === 'metadata.namespace' || (otherFields[plural]?.has(field) ?? false);
    if (!selectable) throw failures.badRequest(`field label not supported: ${field}`);
    return (object) => (fieldValue(object, field) === value) === (operator !== '!=');
  });
  return (object) => parts.every((part) => part(object));
};
