import type { CallOptions } from '../requester.ts';
import type { Pod } from './models.ts';
import { ResourceClient, type ResourceContext } from './resource-client.ts';
import { resources } from './resource-definition.ts';
import { deleteBody, type DeleteOptions } from './verb-options.ts';

/** Which part of a container's log. */
export type LogOptions = CallOptions & {
  /** Needed when the pod has more than one. */
  readonly container?: string | undefined;
  /** Goes on until the container ends. @default false */
  readonly follow?: boolean | undefined;
  /** Of the run before the last restart. @default false */
  readonly previous?: boolean | undefined;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  /** RFC 3339. */
  readonly sinceTime?: string | undefined;
  /** Puts the time before each line. @default false */
  readonly timestamps?: boolean | undefined;
};

/** Pods, with what only pods have. */
export class PodClient extends ResourceClient<Pod> {
  constructor(context: ResourceContext, namespace: string | undefined) {
    super(context, { definition: resources.pods, namespace });
  }

  /**
   * Asks for the deletion of a pod as a drain does: refused with 429 as long as a PodDisruptionBudget forbids it, which
   * is asked again until `timeoutMs` ends.
   */
  async evict(name: string, options: DeleteOptions = {}): Promise<void> {
    const { signal, timeoutMs } = options;
    const metadata = { name, namespace: this.namespace };
    await this.context.requester.request(
      {
        method: 'POST',
        path: this.pathOf(name, 'eviction'),
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata, deleteOptions: deleteBody(options) },
        signal,
        timeoutMs,
      },
      { safety: options.uid === undefined ? 'once' : 'idempotent' },
    );
  }

  /**
   * A container's log as bytes, as they come; stdout and stderr are mixed. `timeoutMs` is the time to the first answer.
   * A lost connection is an error in the iteration. Leave the loop, or fire `signal`, to end it.
   */
  async *logs(name: string, options: LogOptions = {}): AsyncGenerator<Buffer, void> {
    const { signal, timeoutMs, ...query } = options;
    const { body } = await this.context.requester.stream({
      method: 'GET',
      path: this.pathOf(name, 'log'),
      query,
      signal,
      timeoutMs,
    });
    yield* body;
  }
}
