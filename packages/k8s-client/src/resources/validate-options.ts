/**
 * Refuses options that cannot be meant, before anything is sent: what the server would answer with 400 after a round
 * trip, and what it would silently ignore. Each throws a TypeError that names the field.
 */
import { checkTimeout } from '../time/check-timeout.ts';
import type { WatchOptions } from '../watch/watch.ts';
import type { KubeObject } from './models.ts';
import { apiVersionOf, type ResourceDefinition } from './resource-definition.ts';
import { checkSelectors, type Selectors } from './selectors.ts';
import type {
  ApplyOptions,
  CreateOptions,
  DeleteCollectionOptions,
  DeleteOptions,
  GetOptions,
  ListOptions,
  PatchOptions,
  UpdateOptions,
  WriteOptions,
} from './verb-options.ts';

/** Where an object is to be written. */
export type Target = { readonly definition: ResourceDefinition; readonly namespace: string | undefined };

const refuse = (field: string, expected: string): never => {
  throw new TypeError(`${field}: expected ${expected}`);
};

const isSet = (value: unknown): boolean => value !== undefined;

/** A whole number from `least` on. */
export const checkInteger = (value: unknown, field: string, least: number): void => {
  if (isSet(value) && !(Number.isSafeInteger(value) && (value as number) >= least)) {
    refuse(field, `a whole number, ${least} or more, got ${String(value)}`);
  }
};

const oneOf = (value: unknown, field: string, allowed: readonly string[]): void => {
  if (isSet(value) && !allowed.includes(value as string)) refuse(field, `one of ${allowed.join(', ')}`);
};

/** Two options of which one would be ignored. */
export const checkExclusive = <T extends object>(options: T, one: keyof T & string, other: keyof T & string): void => {
  if (isSet(options[one]) && isSet(options[other])) refuse(`${one} and ${other}`, 'only one of the two');
};

/** A text that says something. */
export const checkText = (value: unknown, field: string): void => {
  if (isSet(value) && (typeof value !== 'string' || value === '')) refuse(field, 'a text that is not empty');
};

/** An option that is on or off. */
export const checkFlag = (value: unknown, field: string): void => {
  if (isSet(value) && typeof value !== 'boolean') refuse(field, 'true or false');
};

/** What ends a call. */
export const checkSignal = (value: unknown): void => {
  if (isSet(value) && !(value instanceof AbortSignal)) refuse('signal', 'an AbortSignal');
};

/** @throws TypeError for what `get` cannot mean */
export const checkGetOptions = ({ resourceVersion }: GetOptions): void => {
  checkText(resourceVersion, 'resourceVersion');
};

/** @throws TypeError for what `watch` cannot mean */
export const checkWatchOptions = (options: WatchOptions): void => {
  checkSelectors(options);
  checkSignal(options.signal);
  // An empty one is none, as for the server.
  if (options.resourceVersion !== '') checkText(options.resourceVersion, 'resourceVersion');
  checkFlag(options.sendInitialEvents, 'sendInitialEvents');
  // What is there is sent first, or the watch goes on from a version.
  if (options.sendInitialEvents === true) checkExclusive(options, 'sendInitialEvents', 'resourceVersion');
};

/** @throws TypeError for what `list` cannot mean */
export const checkListOptions = (options: ListOptions): void => {
  checkSelectors(options);
  checkInteger(options.limit, 'limit', 1);
  checkText(options.continue, 'continue');
  checkText(options.resourceVersion, 'resourceVersion');
  oneOf(options.resourceVersionMatch, 'resourceVersionMatch', ['NotOlderThan', 'Exact']);
  // A continue token says itself which state it continues.
  checkExclusive(options, 'continue', 'resourceVersion');
  checkExclusive(options, 'continue', 'resourceVersionMatch');
  const { resourceVersion, resourceVersionMatch } = options;
  if (isSet(resourceVersionMatch) && !isSet(resourceVersion)) refuse('resourceVersion', 'one to be matched');
  if (resourceVersionMatch === 'Exact' && resourceVersion === '0') refuse('resourceVersion', 'another one than 0');
};

/** @throws TypeError for what no verb that writes can mean */
export const checkWriteOptions = ({ fieldManager, fieldValidation, dryRun }: WriteOptions): void => {
  // apimachinery ValidateFieldManager
  if (isSet(fieldManager) && !/^[\x20-\x7e]{1,128}$/.test(fieldManager ?? '')) {
    refuse('fieldManager', '1 to 128 printable characters');
  }
  oneOf(fieldValidation, 'fieldValidation', ['Ignore', 'Warn', 'Strict']);
  checkFlag(dryRun, 'dryRun');
};

/** @throws TypeError for an object that does not belong where it is sent */
export const checkObject = (object: KubeObject, { definition, namespace }: Target): void => {
  const apiVersion = apiVersionOf(definition);
  if (isSet(object.kind) && object.kind !== definition.kind) refuse('kind', `${definition.kind}, got ${object.kind}`);
  if (isSet(object.apiVersion) && object.apiVersion !== apiVersion) {
    refuse('apiVersion', `${apiVersion}, got ${object.apiVersion}`);
  }
  const own = object.metadata?.namespace;
  if (!isSet(own) || own === namespace) return;
  if (namespace !== undefined) refuse('metadata.namespace', `"${namespace}", got "${own}"`);
  if (!definition.namespaced) refuse('metadata.namespace', `none for a ${definition.kind}, got "${own}"`);
};

/** @throws TypeError for what `create` cannot mean */
export const checkCreate = ({ metadata }: KubeObject, options: CreateOptions): void => {
  if (isSet(metadata?.resourceVersion))
    refuse('metadata.resourceVersion', 'none: an object that is new has no version');
  if (!isSet(options.createId)) return;
  checkText(options.createId, 'createId');
  if (!isSet(metadata?.name)) refuse('metadata.name', 'one with createId: a generated name is another one each time');
  if (options.dryRun === true) refuse('createId and dryRun', 'only one of the two');
};

/** @throws TypeError for what `update` cannot mean */
export const checkUpdate = (mutate: unknown, options: UpdateOptions): void => {
  if (typeof mutate !== 'function') refuse('mutate', 'a function that changes the object');
  if (options.timeoutMs !== undefined) checkTimeout(options.timeoutMs);
  oneOf(options.subresource, 'subresource', ['status']);
  checkWriteOptions(options);
};

/** @throws TypeError for what `patch` cannot mean */
export const checkPatch = (name: string, patch: object, options: PatchOptions): void => {
  oneOf(options.type, 'type', ['merge', 'json', 'strategic']);
  oneOf(options.subresource, 'subresource', ['status', 'scale']);
  if (Array.isArray(patch) !== (options.type === 'json')) {
    refuse('patch', options.type === 'json' ? 'a list of operations' : 'an object');
  }
  const own = (patch as KubeObject).metadata?.name;
  if (isSet(own) && own !== name) refuse('metadata.name', `"${name}", got "${own}"`);
};

/** @throws TypeError for what `apply` cannot mean */
export const checkApply = ({ metadata }: KubeObject, { fieldManager, force, subresource }: ApplyOptions): void => {
  checkText(fieldManager, 'fieldManager');
  if (!isSet(fieldManager)) refuse('fieldManager', 'a name for who owns these fields');
  checkFlag(force, 'force');
  oneOf(subresource, 'subresource', ['status']);
  if (isSet(metadata?.managedFields)) refuse('metadata.managedFields', 'none: only the server writes them');
};

/** @throws TypeError for what `delete` cannot mean */
export const checkDeleteOptions = (options: DeleteOptions): void => {
  checkText(options.uid, 'uid');
  checkText(options.resourceVersion, 'resourceVersion');
  checkInteger(options.gracePeriodSeconds, 'gracePeriodSeconds', 0);
  oneOf(options.propagationPolicy, 'propagationPolicy', ['Orphan', 'Background', 'Foreground']);
  checkFlag(options.dryRun, 'dryRun');
};

/** @throws TypeError for what `deleteCollection` cannot mean */
export const checkDeleteCollectionOptions = (options: DeleteCollectionOptions): void => {
  checkDeleteOptions(options);
  checkSelectors(options);
  // An empty selector selects everything: here that is more likely a variable that was not filled.
  for (const field of ['labelSelector', 'fieldSelector'] satisfies (keyof Selectors)[])
    checkText(options[field], field);
};
