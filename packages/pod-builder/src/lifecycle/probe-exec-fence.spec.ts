import { describe, expect, it } from '@jest/globals';
import { startPodApi } from '../../test/pod-api.ts';
import { EXEC_POLICY_MESSAGE } from '../rbac/exec-policy.ts';
import { probeExecFence } from './probe-exec-fence.ts';

describe('probeExecFence', () => {
  it.each([
    { fence: 'none', status: 404, reason: 'NotFound', message: 'pods "danube-exec-probe" not found' },
    { fence: 'role', status: 403, reason: 'Forbidden', message: 'cannot get resource "pods/exec"' },
    { fence: 'policy', status: 403, reason: 'Forbidden', message: `denied request: ${EXEC_POLICY_MESSAGE}` },
  ])('is $fence when the API server answers $status: $message', async ({ fence, ...failure }) => {
    await using api = await startPodApi();
    api.fail('GET', failure);
    expect(await probeExecFence(api.client)).toBe(fence);
  });

  it('does not guess when the API server cannot tell', async () => {
    await using api = await startPodApi();
    api.fail('GET', { status: 400, reason: 'BadRequest', message: 'no' });
    await expect(probeExecFence(api.client)).rejects.toMatchObject({ code: 'BadRequest' });
  });
});
