import { describe, expect, it } from '@jest/globals';
import { settingsFrom } from './settings.ts';

describe('settingsFrom', () => {
  it('needs nothing but the host name that every pod has', () => {
    expect(settingsFrom({ HOSTNAME: 'job-j1', KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toEqual({
      workspace: '/workspace',
      control: '/danube',
      jobSpec: '/etc/danube/job.json',
      terminationLog: '/dev/termination-log',
      serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
      secrets: '/var/run/secrets/danube-job',
      keptSecrets: '/var/run/secrets/danube-job-kept',
      podName: 'job-j1',
      journalBytes: 134_217_728,
      kubernetes: { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    });
  });

  it('reads what is set, and takes empty for unset', () => {
    const settings = settingsFrom({
      HOSTNAME: 'h',
      DANUBE_POD_NAME: 'job-j2',
      DANUBE_POD_NAMESPACE: 'jobs',
      DANUBE_WORKSPACE: '/w',
      DANUBE_CONTROL: '',
      DANUBE_API_URL: 'https://api:8080/base/',
      DANUBE_TOKEN_FILE: '/t',
      DANUBE_JOURNAL_BYTES: '2000000',
    });
    expect(settings).toMatchObject({ podName: 'job-j2', podNamespace: 'jobs', workspace: '/w', control: '/danube' });
    expect(settings.journalBytes).toBe(2_000_000);
    expect(settings.api).toEqual({ url: 'https://api:8080/base/', tokenFile: '/t' });
  });

  it.each([
    [{}, 'DANUBE_POD_NAME is not set'],
    [{ HOSTNAME: 'h', DANUBE_API_URL: 'api:8080' }, 'DANUBE_API_URL: expected an http or https URL'],
    [{ HOSTNAME: 'h', DANUBE_API_URL: 'not a url' }, 'DANUBE_API_URL: expected an http or https URL'],
    [{ HOSTNAME: 'h', DANUBE_JOURNAL_BYTES: '1Gi' }, 'DANUBE_JOURNAL_BYTES: expected bytes, at least 1048576'],
  ])('refuses %j', (environment, message) => {
    expect(() => settingsFrom(environment)).toThrow(message);
  });
});
