import { describe, expect, it } from '@jest/globals';
import { describeCall } from '../resources/describe-call.ts';
import { urlTemplate } from './url-template.ts';

describe('urlTemplate', () => {
  it.each([
    ['/version', '/version'],
    ['/api/v1/nodes/n1', '/api/v1/nodes/{name}'],
    ['/api/v1/pods', '/api/v1/pods'],
    ['/api/v1/namespaces/ci', '/api/v1/namespaces/{name}'],
    ['/api/v1/namespaces/ci/pods/x/log', '/api/v1/namespaces/{namespace}/pods/{name}/log'],
    [
      '/apis/apps/v1/namespaces/ci/deployments/x/scale',
      '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale',
    ],
    ['/apis/rbac.authorization.k8s.io/v1/clusterroles/x', '/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}'],
  ])('makes of %s %s', (path, want) => {
    const call = { method: 'GET', path } as const;
    expect(urlTemplate({ ...describeCall(call), ...call, server: 'http://a', attempt: 1, durationMs: 0 })).toBe(want);
  });
});
