import { ApiStatus, failures } from '../api/api-status.ts';
import { queryFlag } from '../api/request-info.ts';
import type { Pod } from '../pods/pod-types.ts';

/** What an exec or attach asks for. */
export interface ExecRequest {
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** Which container a request without `container` means. 400 when it cannot be told. */
export const containerOf = (pod: Pod, asked: string | null): string => {
  const names = pod.spec.containers.map(({ name }) => name);
  const inits = (pod.spec.initContainers ?? []).map(({ name }) => name);
  const container = asked ?? '';
  if (container !== '') {
    if ([...names, ...inits].includes(container)) return container;
    throw failures.badRequest(`container ${container} is not valid for pod ${pod.metadata.name}`);
  }
  const [first = '', ...others] = names;
  if (others.length === 0) return first;
  const preferred = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  if (preferred !== undefined && names.includes(preferred)) return preferred;
  const choice = inits.length === 0 ? '' : ` or one of the init containers: [${inits.join(' ')}]`;
  throw failures.badRequest(
    `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]${choice}`,
  );
};

/**
 * Reads the query of an exec or attach, with the checks of the API server and of the runtime.
 * @throws ApiStatus 400 for a request that can never work.
 */
export const readExecRequest = (pod: Pod, query: URLSearchParams, verb: 'exec' | 'attach'): ExecRequest => {
  const request = {
    container: containerOf(pod, query.get('container')),
    command: query.getAll('command'),
    stdin: queryFlag(query, 'stdin'),
    stdout: queryFlag(query, 'stdout'),
    stderr: queryFlag(query, 'stderr'),
    tty: queryFlag(query, 'tty'),
  };
  if (verb === 'exec' && request.command.length === 0) {
    throw new ApiStatus({
      code: 400,
      reason: 'BadRequest',
      message: 'you must specify at least 1 command for the container',
    });
  }
  if (!request.stdin && !request.stdout && !request.stderr) {
    throw failures.badRequest('you must specify at least 1 of stdin, stdout, stderr');
  }
  if (request.tty && request.stderr) throw failures.badRequest('tty and stderr cannot both be true');
  if ((pod.spec.nodeName ?? '') === '')
    throw failures.badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return request;
};
