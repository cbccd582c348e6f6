/** Sentences of kubelet and API server that mean: nothing ran, and the container may come up yet. */
const notReady = [
  /container not found \(/,
  /container .* is not (running|created)/i,
  /does not have a host assigned/,
  /container is in CONTAINER_(CREATED|UNKNOWN) state/,
];

/** Sentences that mean: nothing ran, and the way to the node was broken. */
const unreachable = [/error dialing backend/, /unable to upgrade connection/, /no route to host/, /connection refused/];

/** Sentences of a runtime that could not start the command: it will not get better. */
const cannotStart = [
  /executable file not found/,
  /no such file or directory/,
  /OCI runtime exec failed/,
  /failed to (create|start|exec)/,
  /permission denied/,
];

/** True when the container is not there yet. */
export const isNotReadyMessage = (message: string): boolean => notReady.some((pattern) => pattern.test(message));

/** True when the node could not be reached. */
export const isUnreachableMessage = (message: string): boolean => unreachable.some((pattern) => pattern.test(message));

/** True when the command itself cannot be started in this container. */
export const isCannotStartMessage = (message: string): boolean => cannotStart.some((pattern) => pattern.test(message));
