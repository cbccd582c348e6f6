import { describe, expect, it } from '@jest/globals';
import { localSecrets } from './local-secrets.ts';

const secrets = {
  USER: { secret: 'login', key: 'user' },
  PASSWORD: { secret: 'login', key: 'password' },
  TOKEN: { secret: 'npm', key: 'token' },
};

describe('localSecrets', () => {
  it('puts variables of the environment where the pipeline looks for them', () => {
    expect(localSecrets({ secrets }, { USER: 'me', PASSWORD: 'secret-1', TOKEN: 'secret-2', OTHER: 'x' })).toEqual([
      { metadata: { name: 'login', namespace: 'danube-jobs' }, stringData: { user: 'me', password: 'secret-1' } },
      { metadata: { name: 'npm', namespace: 'danube-jobs' }, stringData: { token: 'secret-2' } },
    ]);
    expect(localSecrets({}, {})).toEqual([]);
  });

  it('names all that is missing, and what to do', () => {
    expect(() => localSecrets({ secrets }, { USER: 'me' })).toThrow('the job needs PASSWORD, TOKEN');
  });
});
