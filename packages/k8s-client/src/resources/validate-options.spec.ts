import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { json, startServer, type TestServer } from '../../test/support/test-server.ts';
import { KubeClient } from '../kube-client.ts';
import { exists } from '../wait/conditions.ts';
import type { PodClient } from './pod-client.ts';

describe('options that cannot be meant', () => {
  let server: TestServer;
  let client: KubeClient;
  beforeAll(async () => {
    server = await startServer((_request, response) => json(response, {}));
    client = new KubeClient({ server: server.url });
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  type Calls = Readonly<Record<string, (pods: PodClient) => unknown>>;
  const refused: Readonly<Record<string, Calls>> = {
    timeoutMs: {
      'zero in get': (pods) => pods.get('x', { timeoutMs: 0 }),
      'no number in list': (pods) => pods.list({ timeoutMs: Number.NaN }),
      'longer than a timer can wait': (pods) => pods.delete('x', { timeoutMs: 2 ** 31 }),
      'negative in waitFor': (pods) => pods.waitFor('x', exists, { timeoutMs: -1 }),
    },
    signal: { 'the controller': (pods) => pods.get('x', { signal: new AbortController() as never }) },
    name: {
      'a path': (pods) => pods.get('../secrets/x'),
      nothing: (pods) => pods.delete(''),
      'half a character': (pods) => pods.get('\ud800'),
    },
    limit: {
      'zero in list': (pods) => pods.list({ limit: 0 }),
      'half in list': (pods) => pods.list({ limit: 1.5 }),
      'a text in listAll': (pods) => pods.listAll({ limit: '5' as never }).next(),
    },
    labelSelector: {
      'of list': (pods) => pods.list({ labelSelector: 'app=a b' }),
      'of watch': (pods) => pods.watch({ labelSelector: 'app=a b' }),
      'of informer': (pods) => pods.informer({ labelSelector: 'app=a b' }),
      'of deleteCollection': (pods) => pods.deleteCollection({ labelSelector: 'app=a b' }),
      'empty in deleteCollection, where it means everything': (pods) => pods.deleteCollection({ labelSelector: '' }),
    },
    fieldSelector: { 'of list': (pods) => pods.list({ fieldSelector: 'metadata.name' }) },
    'continue and resourceVersion': { 'of list': (pods) => pods.list({ continue: 'x', resourceVersion: '1' }) },
    'continue and resourceVersionMatch': {
      'of list': (pods) => pods.list({ continue: 'x', resourceVersionMatch: 'Exact' }),
    },
    resourceVersion: {
      'missing for resourceVersionMatch': (pods) => pods.list({ resourceVersionMatch: 'Exact' }),
      'zero for Exact': (pods) => pods.list({ resourceVersionMatch: 'Exact', resourceVersion: '0' }),
      'a number': (pods) => pods.list({ resourceVersion: 7 as never }),
    },
    resourceVersionMatch: {
      unknown: (pods) => pods.list({ resourceVersion: '1', resourceVersionMatch: 'Newest' as never }),
    },
    kind: { 'another one': (pods) => pods.create({ kind: 'Secret', metadata: { name: 'x' } }) },
    apiVersion: { 'another one': (pods) => pods.replace({ apiVersion: 'v2', metadata: { name: 'x' } }) },
    'metadata.namespace': {
      'another one in create': (pods) => pods.create({ metadata: { name: 'x', namespace: 'other' } }),
      'another one in apply': (pods) =>
        pods.apply({ metadata: { name: 'x', namespace: 'other' } }, { fieldManager: 'me' }),
    },
    'metadata.resourceVersion': {
      'in create': (pods) => pods.create({ metadata: { name: 'x', resourceVersion: '1' } }),
    },
    'metadata.name': {
      'missing for createId': (pods) => pods.create({ metadata: { generateName: 'x-' } }, { createId: 'me' }),
      'missing in replace': (pods) => pods.replace({ metadata: {} }),
      'another one in the patch': (pods) => pods.patch('x', { metadata: { name: 'y' } }),
    },
    'createId and dryRun': {
      'in create': (pods) => pods.create({ metadata: { name: 'x' } }, { createId: 'me', dryRun: true }),
    },
    createId: { empty: (pods) => pods.create({ metadata: { name: 'x' } }, { createId: '' }) },
    fieldManager: {
      empty: (pods) => pods.patch('x', {}, { fieldManager: '' }),
      'too long': (pods) => pods.patch('x', {}, { fieldManager: 'x'.repeat(129) }),
      'missing in apply': (pods) => pods.apply({ metadata: { name: 'x' } }, {} as never),
    },
    fieldValidation: { unknown: (pods) => pods.patch('x', {}, { fieldValidation: 'strict' as never }) },
    dryRun: { "the server's word": (pods) => pods.patch('x', {}, { dryRun: 'All' as never }) },
    type: { unknown: (pods) => pods.patch('x', {}, { type: 'apply' as never }) },
    patch: {
      'operations without type json': (pods) => pods.patch('x', [{ op: 'remove', path: '/a' }]),
      'an object with type json': (pods) => pods.patch('x', {}, { type: 'json' }),
    },
    subresource: { unknown: (pods) => pods.patch('x', {}, { subresource: 'log' as never }) },
    force: {
      'a text': (pods) => pods.apply({ metadata: { name: 'x' } }, { fieldManager: 'me', force: 'yes' as never }),
    },
    'metadata.managedFields': {
      'in apply': (pods) => pods.apply({ metadata: { name: 'x', managedFields: [] } }, { fieldManager: 'me' }),
    },
    uid: { empty: (pods) => pods.delete('x', { uid: '' }) },
    gracePeriodSeconds: {
      negative: (pods) => pods.delete('x', { gracePeriodSeconds: -1 }),
      'half of evict': (pods) => pods.evict('x', { gracePeriodSeconds: 0.5 }),
    },
    tailLines: { negative: (pods) => pods.logs('x', { tailLines: -1 }) },
    limitBytes: { zero: (pods) => pods.logs('x', { limitBytes: 0 }) },
    sinceSeconds: { zero: (pods) => pods.logs('x', { sinceSeconds: 0 }) },
    sinceTime: { 'no time': (pods) => pods.logs('x', { sinceTime: 'yesterday' }) },
    'sinceSeconds and sinceTime': {
      'of logs': (pods) => pods.logs('x', { sinceSeconds: 1, sinceTime: '2026-01-01T00:00:00Z' }),
    },
    'follow and previous': { 'of logs': (pods) => pods.logs('x', { follow: true, previous: true }) },
    follow: { 'missing for retryForMs': (pods) => pods.logs('x', { retryForMs: 1000 }) },
    retryForMs: { negative: (pods) => pods.logs('x', { follow: true, retryForMs: -1 }) },
    'retryForMs and limitBytes': {
      'of logs': (pods) => pods.logs('x', { follow: true, retryForMs: 1000, limitBytes: 1 }),
    },
    expirationSeconds: {
      'of a token': () => client.serviceAccounts('ci').createToken('robot', { expirationSeconds: 60 }),
    },
    replicas: { 'of setScale': () => client.deployments('ci').setScale('web', 1.5) },
    propagationPolicy: { unknown: (pods) => pods.delete('x', { propagationPolicy: 'background' as never }) },
  };

  it.each(
    Object.entries(refused).flatMap(([field, calls]) =>
      Object.entries(calls).map(([what, call]) => [field, what, call] as const),
    ),
  )('are refused before anything is sent: %s, %s', async (field, _what, call) => {
    const before = server.connections();
    const error = await (async () => call(client.pods('ci')))().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message.startsWith(`${field}: expected`)).toBe(true);
    expect(server.connections()).toBe(before);
  });
});
