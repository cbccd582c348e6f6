import { describe, expect, it } from '@jest/globals';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { json, startServer } from '../../test/support/test-server.ts';
import { KubeClient } from '../kube-client.ts';

const terminating = { details: { causes: [{ reason: 'NamespaceTerminating' }] } };

describe('a 403 right after this client made a namespace', () => {
  it.each([
    ['of rules that may still be on their way is asked again', { message: 'User "x" cannot create pods' }, 3],
    ['of a quota is final', { message: 'pods "a" is forbidden: exceeded quota: few, requested: pods=1' }, 1],
    ['of a quota that wants to know more is final', { message: 'failed quota: few: must specify cpu for: a' }, 1],
    ['of a namespace that is being deleted is final', { message: 'no', ...terminating }, 1],
  ])('%s', async (_what, status, attempts) => {
    let asked = 0;
    await using server = await startServer((request, response) => {
      if (request.url.startsWith('/api/v1/namespaces?')) json(response, { metadata: { name: 'ci' } }, 201);
      else if ((asked += 1) < 3) json(response, { kind: 'Status', reason: 'Forbidden', code: 403, ...status }, 403);
      else json(response, { metadata: { name: 'a' } }, 201);
    });
    await using client = new KubeClient({ server: server.url }, { clock: fakeClock(() => 0.5) });
    await client.namespaces().create({ metadata: { name: 'ci' } });
    const outcome = await client
      .pods('ci')
      .create({ metadata: { name: 'a' } })
      .catch((error: unknown) => error);
    expect(asked).toBe(attempts);
    expect(outcome).toMatchObject(attempts === 1 ? { code: 'Forbidden' } : { metadata: { name: 'a' } });
  });
});
