import { describe, expect, it } from '@jest/globals';
import { resources } from './resource-definition.ts';
import { collectionPath, objectPath, queryText } from './resource-path.ts';

describe('collectionPath', () => {
  it.each([
    [resources.pods, 'ci', '/api/v1/namespaces/ci/pods'],
    [resources.pods, undefined, '/api/v1/pods'],
    [resources.deployments, 'ci', '/apis/apps/v1/namespaces/ci/deployments'],
    [resources.namespaces, undefined, '/api/v1/namespaces'],
    [resources.leases, 'kube-system', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'],
  ])('puts $plural of %p at its place', (definition, namespace, want) => {
    expect(collectionPath(definition, namespace)).toBe(want);
  });

  it('refuses a namespace for a kind that has none', () => {
    expect(() => collectionPath(resources.nodes, 'ci')).toThrow(TypeError);
  });
});

describe('objectPath', () => {
  it.each(['', '.', '..', 'a/b', '../../api/v1/secrets', 'a%2fb', '/'])('refuses %p as a name', (name) => {
    expect(() => objectPath(resources.pods, { namespace: 'ci', name })).toThrow(/name: expected a name/);
    expect(() => objectPath(resources.pods, { namespace: name, name: 'x' })).toThrow(/namespace: expected a name/);
  });

  it('encodes what a path would read otherwise', () => {
    expect(objectPath(resources.roles, { namespace: 'ci', name: 'a?b#c d:e' })).toBe(
      '/apis/rbac.authorization.k8s.io/v1/namespaces/ci/roles/a%3Fb%23c%20d%3Ae',
    );
  });

  it('names a subresource', () => {
    expect(objectPath(resources.pods, { namespace: 'ci', name: 'x', subresource: 'log' })).toBe(
      '/api/v1/namespaces/ci/pods/x/log',
    );
  });

  it('needs a namespace for a namespaced kind', () => {
    expect(() => objectPath(resources.pods, { name: 'x' })).toThrow('namespace: expected one to name a Pod');
  });
});

describe('queryText', () => {
  it('encodes values, repeats lists and leaves out what is not set', () => {
    const query = { labelSelector: 'a=b,c in (d,e)', watch: true, limit: undefined, command: ['a b', 'c&d'] };
    expect(queryText(query)).toBe('?labelSelector=a%3Db%2Cc+in+%28d%2Ce%29&watch=true&command=a+b&command=c%26d');
    expect(queryText({})).toBe('');
  });
});
