import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { json, startServer, type TestServer } from '../../test/support/test-server.ts';
import { KubeClient } from '../kube-client.ts';
import { exists } from '../wait/conditions.ts';
import type { PodClient } from './pod-client.ts';
import { resources } from './resource-definition.ts';

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

  const robot = () => client.serviceAccounts('ci');
  type Calls = Readonly<Record<string, (pods: PodClient) => unknown>>;
  const refused: Readonly<Record<string, Calls>> = {
    timeoutMs: {
      'zero in get': (pods) => pods.get('x', { timeoutMs: 0 }),
      'zero in update': (pods) => pods.update('x', () => undefined, { timeoutMs: 0 }),
      'no number in list': (pods) => pods.list({ timeoutMs: Number.NaN }),
      'longer than a timer can wait': (pods) => pods.delete('x', { timeoutMs: 2 ** 31 }),
      'negative in waitFor': (pods) => pods.waitFor('x', exists, { timeoutMs: -1 }),
    },
    signal: {
      'the controller in get': (pods) => pods.get('x', { signal: new AbortController() as never }),
      'the controller in watch': (pods) => pods.watch({ signal: new AbortController() as never }),
      'the controller in logs': (pods) => pods.logs('x', { signal: new AbortController() as never }),
      'the controller in waitFor': (pods) =>
        pods.waitFor('x', exists, { timeoutMs: 1, signal: new AbortController() as never }),
    },
    condition: { 'no function': (pods) => pods.waitFor('x', true as never, { timeoutMs: 1 }) },
    mutate: { 'an object in update': (pods) => pods.update('x', { metadata: {} } as never) },
    name: {
      nothing: (pods) => pods.delete(''),
      'half a character': (pods) => pods.get('\ud800'),
      'a path in get': (pods) => pods.get('../secrets/x'),
      'a path in replace': (pods) => pods.replace({ metadata: { name: '../secrets/x' } }),
      'a path in replaceStatus': (pods) => pods.replaceStatus({ metadata: { name: '../secrets/x' } }),
      'a path in update': (pods) => pods.update('../secrets/x', () => undefined),
      'a path in patch': (pods) => pods.patch('../secrets/x', {}),
      'a path in apply': (pods) => pods.apply({ metadata: { name: '../secrets/x' } }, { fieldManager: 'me' }),
      'a path in delete': (pods) => pods.delete('../secrets/x'),
      'an encoded path in delete': (pods) => pods.delete('..%2fsecrets%2fx'),
      'a path in evict': (pods) => pods.evict('../secrets/x'),
      'a path in logs': (pods) => pods.logs('../secrets/x'),
      'a path in waitFor': (pods) => pods.waitFor('../secrets/x', exists, { timeoutMs: 1 }),
      'a path in getScale': () => client.deployments('ci').getScale('..'),
      'a path in setScale': () => client.deployments('ci').setScale('..', 1),
      'a path in createToken': () => robot().createToken('../x'),
      'a path in ensure': () => client.namespaces().ensure('../nodes'),
      'a path in deleteAndWait': () => client.namespaces().deleteAndWait('../nodes', { timeoutMs: 1 }),
    },
    namespace: {
      'a path': () => client.pods('../../nodes'),
      empty: () => client.secrets(''),
      'missing in create': () => client.pods().create({ metadata: { name: 'x' } }),
      'missing in deleteCollection': () => client.pods().deleteCollection(),
      'missing in get': () => client.pods().get('x'),
      'missing in logs': () => client.pods().logs('x'),
    },
    plural: { 'a path': () => client.resource({ ...resources.pods, plural: 'pods/x' }, 'ci') },
    group: { 'a path': () => client.resource({ ...resources.roles, group: '../api' }, 'ci') },
    path: {
      'with a query': () => client.request({ method: 'GET', path: '/version?token=secret' }),
      'with a fragment': () => client.stream({ method: 'GET', path: '/version#x' }),
      'without a slash': () => client.request({ method: 'GET', path: 'version' }),
      'with a space': () => client.request({ method: 'GET', path: '/a b' }),
      'with a line break': () => client.request({ method: 'GET', path: '/a\r\nx: y' }),
      'with a query, of an upgrade': () => client.upgradeRequest({ path: '/x?command=secret' }),
    },
    headers: {
      'no name': () => client.request({ method: 'GET', path: '/x', headers: { 'a b': 'c' } }),
      'two lines': () => client.request({ method: 'GET', path: '/x', headers: { a: 'secret\r\nx: y' } }),
    },
    graceMs: { negative: () => client.close({ graceMs: -1 }) },
    verb: { empty: () => client.canI({ verb: '', resource: 'pods' }) },
    resource: { empty: () => client.canI({ verb: 'get', resource: '' }) },
    container: { empty: (pods) => pods.logs('x', { container: '' }) },
    timestamps: { 'a text': (pods) => pods.logs('x', { timestamps: 'true' as never }) },
    previous: { 'a text': (pods) => pods.logs('x', { previous: 'false' as never }) },
    audiences: { empty: () => robot().createToken('robot', { audiences: [''] }) },
    'boundObjectRef.name': {
      empty: () => robot().createToken('robot', { boundObjectRef: { kind: 'Pod', name: '' } }),
    },
    sendInitialEvents: { 'a text': (pods) => pods.watch({ sendInitialEvents: 'true' as never }) },
    'sendInitialEvents and resourceVersion': {
      'of watch': (pods) => pods.watch({ sendInitialEvents: true, resourceVersion: '1' }),
    },
    continue: { empty: (pods) => pods.list({ continue: '' }) },
    pageSize: { 'zero in informer': (pods) => pods.informer({ pageSize: 0 }) },
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
      'a number in list': (pods) => pods.list({ resourceVersion: 7 as never }),
      'a number in get': (pods) => pods.get('x', { resourceVersion: 7 as never }),
      'a number in watch': (pods) => pods.watch({ resourceVersion: 7 as never }),
      'empty in delete': (pods) => pods.delete('x', { resourceVersion: '' }),
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
    dryRun: {
      "the server's word in patch": (pods) => pods.patch('x', {}, { dryRun: 'All' as never }),
      "the server's word in create": (pods) => pods.create({ metadata: { name: 'x' } }, { dryRun: 'All' as never }),
      "the server's word in replace": (pods) => pods.replace({ metadata: { name: 'x' } }, { dryRun: 'All' as never }),
      "the server's word in update": (pods) => pods.update('x', () => undefined, { dryRun: 'All' as never }),
      "the server's word in apply": (pods) =>
        pods.apply({ metadata: { name: 'x' } }, { fieldManager: 'me', dryRun: 'All' as never }),
      "the server's word in delete": (pods) => pods.delete('x', { dryRun: 'All' as never }),
      "the server's word in deleteCollection": (pods) => pods.deleteCollection({ dryRun: 'All' as never }),
      "the server's word in evict": (pods) => pods.evict('x', { dryRun: 'All' as never }),
    },
    type: { unknown: (pods) => pods.patch('x', {}, { type: 'apply' as never }) },
    patch: {
      'operations without type json': (pods) => pods.patch('x', [{ op: 'remove', path: '/a' }]),
      'an object with type json': (pods) => pods.patch('x', {}, { type: 'json' }),
    },
    subresource: {
      'unknown in patch': (pods) => pods.patch('x', {}, { subresource: 'log' as never }),
      'unknown in apply': (pods) =>
        pods.apply({ metadata: { name: 'x' } }, { fieldManager: 'me', subresource: 'scale' as never }),
      'unknown in update': (pods) => pods.update('x', () => undefined, { subresource: 'scale' as never }),
    },
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
    expect((error as TypeError).message).toMatch(new RegExp(`^${field.replaceAll('.', '\\.')}: expected`));
    expect(server.connections()).toBe(before);
  });

  it('come as a rejection from what returns a promise, and are thrown by what returns an iterable', async () => {
    const pods = client.pods('ci');
    const promised = [
      () => pods.get(''),
      () => pods.list({ limit: 0 }),
      () => pods.create({ kind: 'Secret' }),
      () => pods.replace({}),
      () => pods.replaceStatus({}),
      () => pods.update('', () => undefined),
      () => pods.patch('', {}),
      () => pods.apply({}, { fieldManager: '' }),
      () => pods.delete(''),
      () => pods.deleteCollection({ labelSelector: '' }),
      () => pods.evict(''),
      () => pods.getScale(''),
      () => pods.setScale('', 1),
      () => pods.waitFor('', exists, { timeoutMs: 1 }),
      () => robot().createToken(''),
      () => client.canI({ verb: '', resource: '' }),
      () => client.version({ timeoutMs: 0 }),
      () => client.whoAmI({ timeoutMs: 0 }),
      () => client.request({ method: 'GET', path: '' }),
      () => client.stream({ method: 'GET', path: '' }),
      () => client.upgradeRequest({ path: '' }),
    ];
    for (const call of promised) await expect(call()).rejects.toBeInstanceOf(TypeError);
    for (const call of [
      () => pods.watch({ labelSelector: '=' }),
      () => pods.logs(''),
      () => pods.informer({ pageSize: 0 }),
    ]) {
      expect(call).toThrow(TypeError);
    }
  });
});
