import { describe, expect, it } from '@jest/globals';
import { coordinatorRbac, jobRbac, jobsNamespace } from './coordinator-rbac.ts';
import { execPolicy } from './exec-policy.ts';

describe('coordinatorRbac', () => {
  it('lets the account see and exec into pods, and nothing else', () => {
    const [account, role, binding] = coordinatorRbac();
    expect(account.metadata).toMatchObject({ name: 'danube-coordinator', namespace: 'danube-jobs' });
    expect(role.rules).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'] },
    ]);
    expect(binding).toMatchObject({
      roleRef: { kind: 'Role', name: 'danube-coordinator' },
      subjects: [{ kind: 'ServiceAccount', name: 'danube-coordinator', namespace: 'danube-jobs' }],
    });
  });

  it('takes other names', () => {
    const [account, , binding] = coordinatorRbac({ namespace: 'ci', serviceAccountName: 'bot' });
    expect(account.metadata).toMatchObject({ name: 'bot', namespace: 'ci' });
    expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: 'bot', namespace: 'ci' }]);
  });
});

describe('jobRbac', () => {
  it('names the one pod, and goes with it', () => {
    const [account, role] = jobRbac({ name: 'job-a', namespace: 'ci', uid: 'u1' });
    expect(role.rules!.map(({ resourceNames }) => resourceNames)).toEqual([['job-a'], ['job-a']]);
    expect(account.metadata!.ownerReferences).toEqual([{ apiVersion: 'v1', kind: 'Pod', name: 'job-a', uid: 'u1' }]);
  });
});

describe('jobsNamespace', () => {
  it('enforces the level restricted', () => {
    expect(jobsNamespace().metadata!.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });
});

describe('execPolicy', () => {
  const [policy, binding] = execPolicy({ namespace: 'ci', serviceAccountName: 'bot' });

  it('concerns this account only', () => {
    expect(policy.spec!.matchConditions!.map(({ expression }) => expression)).toEqual([
      "request.userInfo.username == 'system:serviceaccount:ci:bot'",
    ]);
  });

  it('denies by default: an expression that cannot be evaluated is a refusal', () => {
    expect(policy.spec!.failurePolicy).toBe('Fail');
    expect(binding.spec).toEqual({ policyName: policy.metadata!.name, validationActions: ['Deny'] });
  });

  it('compares the pod of the token with the pod of the request, and asks for the worker', () => {
    const expressions = policy.spec!.validations!.map(({ expression }) => expression).join('\n');
    expect(expressions).toContain("extra['authentication.kubernetes.io/pod-name'][0] == request.name");
    expect(expressions).toContain("object.container == 'worker'");
  });
});
