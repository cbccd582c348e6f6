import type { KubeError } from '../errors/kube-error.ts';
import type { KubeRequest, Requester } from '../requester.ts';
import { type CallDescription, describeCall, type Verb } from '../resources/describe-call.ts';

/** Which calls an interception is about. Unset: any. */
export type CallMatch = {
  readonly verb?: Verb;
  /** Plural of the resource, with a subresource behind a slash: `pods`, `pods/log`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
};

/** What happens to a call instead. */
export type Interception = CallMatch & {
  /** Thrown instead of sending anything; made anew for each call. */
  readonly fail: (call: CallDescription) => KubeError | TypeError;
  /** How many matching calls it happens to. @default every one */
  readonly times?: number;
};

/**
 * For the `intercept` option of a client: lets one verb fail, and everything else pass. What the caller's code does
 * about that failure is then tested without a server that has to be brought to fail.
 * @example
 * const client = new KubeClient(config, {
 *   intercept: failing({ verb: 'create', resource: 'pods', times: 1, fail: () => new ApiError('Forbidden', { status: 403 }) }),
 * });
 */
export const failing = (...interceptions: readonly Interception[]): ((requester: Requester) => Requester) => {
  const left = interceptions.map(({ times = Infinity }) => ({ times }));
  const check = (request: KubeRequest): void => {
    const call = describeCall(request);
    for (const [index, interception] of interceptions.entries()) {
      const own = left[index];
      if (own === undefined || own.times <= 0 || !isMatch(interception, call)) continue;
      own.times -= 1;
      throw interception.fail(call);
    }
  };
  return (requester) => ({
    request: async (request, recovery) => {
      check(request);
      return requester.request(request, recovery);
    },
    stream: async (request, recovery) => {
      check(request);
      return requester.stream(request, recovery);
    },
  });
};

const isMatch = (wanted: CallMatch, call: CallMatch): boolean =>
  (['verb', 'resource', 'namespace', 'name'] as const).every(
    (field) => wanted[field] === undefined || wanted[field] === call[field],
  );
