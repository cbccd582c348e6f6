import { describe, expect, it } from '@jest/globals';

describe('the doors of the package', () => {
  it.each([
    {
      door: '@danube/pod-builder',
      load: () => import('../src/index.ts'),
      names: [
        'ATTEMPT_LABEL',
        'COORDINATOR_UID',
        'InvalidJobPodError',
        'OWNER_LABEL',
        'PodError',
        'WORKER_PID_FILE',
        'WORKER_UID',
        'buildJobPod',
        'coordinatorRbac',
        'execPolicy',
        'execPolicyName',
        'fromLabelValue',
        'jobPodName',
        'jobRbac',
        'jobsNamespace',
        'podErrorCodes',
        'toLabelValue',
      ],
    },
    {
      door: '@danube/pod-builder/lifecycle',
      load: () => import('../src/lifecycle/index.ts'),
      names: [
        'PodNotReadyError',
        'collectOrphans',
        'createJobPod',
        'defaultLimits',
        'deleteJobPod',
        'diagnose',
        'failureTable',
        'followJobPod',
        'probeExecFence',
        'waitForReady',
        'watchJobPods',
      ],
    },
  ] as { door: string; load: () => Promise<object>; names: string[] }[])(
    '$door exports these',
    async ({ load, names }) => {
      expect(Object.keys(await load()).sort()).toEqual(names);
    },
  );
});
