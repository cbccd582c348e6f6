import { isAlreadyExists, isNotFound } from '../errors/predicates.ts';
import type { CallOptions } from '../requester.ts';
import { isDeleted } from '../wait/conditions.ts';
import type { WaitOptions } from '../wait/wait-for.ts';
import type { Namespace } from './models.ts';
import { ResourceClient, type ResourceContext } from './resource-client.ts';
import { resources } from './resource-definition.ts';

/** How a namespace should be. */
export type EnsureNamespaceOptions = CallOptions & {
  /** Labels it must have, e.g. `pod-security.kubernetes.io/enforce: restricted`. Others are left as they are. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
};

/** Namespaces, with what only namespaces have. */
export class NamespaceClient extends ResourceClient<Namespace> {
  constructor(context: ResourceContext) {
    super(context, { definition: resources.namespaces });
  }

  /** Makes sure that the namespace exists and has these labels. Safe to call at any time, also from several processes. */
  async ensure(name: string, options: EnsureNamespaceOptions = {}): Promise<Namespace> {
    const { labels = {}, ...call } = options;
    const found = await this.#getOrCreate(name, { labels, ...call });
    const missing = Object.entries(labels).filter(([key, value]) => found.metadata?.labels?.[key] !== value);
    if (missing.length === 0) return found;
    return this.patch(name, { metadata: { labels: Object.fromEntries(missing) } }, call);
  }

  /** Deletes the namespace with all that is in it and waits until it is gone; a timeout names the finalizer that blocks. */
  async deleteAndWait(name: string, options: WaitOptions): Promise<void> {
    try {
      const { metadata } = await this.get(name, options);
      const uid = metadata?.uid;
      await this.delete(name, { ...options, uid });
      await this.waitFor(name, isDeleted(uid), options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #getOrCreate(name: string, { labels = {}, ...call }: EnsureNamespaceOptions): Promise<Namespace> {
    try {
      return await this.get(name, call);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    try {
      return await this.create({ metadata: { name, labels: { ...labels } } }, call);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return this.get(name, call);
    }
  }
}
