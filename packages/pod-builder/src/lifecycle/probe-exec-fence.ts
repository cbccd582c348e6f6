import { containers, JOBS_NAMESPACE } from '@danube/contract/names';
import { isForbidden, isNotFound, type KubeClient } from '@danube/k8s-client';
import { EXEC_POLICY_MESSAGE } from '../rbac/exec-policy.ts';

/**
 * What keeps a coordinator to its own pod: the admission policy of `execPolicy()`, a Role that names the pod
 * (`jobRbac()`), or nothing, so that every coordinator can run commands in every job.
 */
export type ExecFence = 'policy' | 'role' | 'none';

/**
 * Finds out by asking for an exec into a pod that does not exist. The API server authorizes first, admits then, and looks
 * for the pod last: so a 404 means that nothing would have stopped it. An access review would not show the policy.
 *
 * `client` has to hold a token of a coordinator that is bound to its pod.
 */
export const probeExecFence = async (
  client: KubeClient,
  { namespace = JOBS_NAMESPACE, signal }: { readonly namespace?: string; readonly signal?: AbortSignal } = {},
): Promise<ExecFence> => {
  const path = `${client.pods(namespace).pathOf('danube-exec-probe')}/exec`;
  try {
    const query = { container: containers.worker, command: 'true', stdout: true };
    await client.request({ method: 'GET', path, query, signal });
    return 'none';
  } catch (error) {
    if (isNotFound(error)) return 'none';
    if (!isForbidden(error)) throw error;
    return error instanceof Error && error.message.includes(EXEC_POLICY_MESSAGE) ? 'policy' : 'role';
  }
};
