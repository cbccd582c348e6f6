import { readContainerRun } from '../logs/container-run.ts';
import { followLog } from '../logs/follow-log.ts';
import { checkLogOptions, type LogOptions } from '../logs/log-options.ts';
import type { KubeRequest, Requester } from '../requester.ts';
import type { Pod } from './models.ts';
import { ResourceClient, type ResourceContext } from './resource-client.ts';
import { resources } from './resource-definition.ts';
import { checkDeleteOptions } from './validate-options.ts';
import { deleteBody, type DeleteOptions } from './verb-options.ts';

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
    checkDeleteOptions(options);
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
   * A container's log as bytes, as they come; stdout and stderr are mixed. Leave the loop, or fire `signal`, to end it.
   * A lost connection is an error in the iteration, unless `retryForMs` is set: then it goes on where it was, without
   * loss or duplicates as far as the node still has the log ([docs/logs.md](../../docs/logs.md)), until this run of the
   * container ends.
   * @throws NotFound; BadRequest when the container has not started
   * @example
   * for await (const chunk of client.pods('ci').logs('job-1', { follow: true, retryForMs: 60_000 })) process.stdout.write(chunk);
   */
  logs(name: string, options: LogOptions = {}): AsyncGenerator<Buffer, void> {
    checkLogOptions(options);
    const { signal, timeoutMs, retryForMs, timestamps, ...query } = options;
    const request = { method: 'GET', path: this.pathOf(name, 'log'), query, signal, timeoutMs } as const;
    const { requester, clock } = this.context;
    if (retryForMs === undefined) return oneAnswer(requester, { ...request, query: { ...query, timestamps } });
    const look = () => readContainerRun(() => this.get(name, { signal, timeoutMs }), options.container);
    return followLog({ requester, clock, request, keepTimes: timestamps === true, retryForMs, look });
  }
}

async function* oneAnswer(requester: Requester, request: KubeRequest): AsyncGenerator<Buffer, void> {
  const { body } = await requester.stream(request);
  yield* body;
}
