import { describe, expect, it } from '@jest/globals';
import { describeCall } from './describe-call.ts';

describe('describeCall', () => {
  it.each([
    ['GET', '/api/v1/namespaces/ci/pods/x/log', { verb: 'get', resource: 'pods/log', namespace: 'ci', name: 'x' }],
    ['GET', '/api/v1/namespaces', { verb: 'list', resource: 'namespaces' }],
    ['DELETE', '/api/v1/namespaces/ci', { verb: 'delete', resource: 'namespaces', name: 'ci' }],
    [
      'PUT',
      '/apis/apps/v1/namespaces/ci/deployments/x',
      { verb: 'update', resource: 'deployments', namespace: 'ci', name: 'x' },
    ],
    ['PATCH', '/api/v1/nodes/n', { verb: 'patch', resource: 'nodes', name: 'n' }],
    ['DELETE', '/api/v1/namespaces/ci/pods', { verb: 'deletecollection', resource: 'pods', namespace: 'ci' }],
    ['PUT', '/api/v1/namespaces/ci/finalize', { verb: 'update', resource: 'namespaces/finalize', name: 'ci' }],
    ['GET', '/version', { verb: 'get', resource: '' }],
  ] as const)('reads %s %s', (method, path, want) => {
    expect(describeCall({ method, path })).toEqual(want);
  });
});
