import type { Pod } from '@danube/k8s-client';

/** A pod is there or has changed, or is gone; `pod` is then how it was last seen. */
export type PodChange = { readonly type: 'applied' | 'deleted'; readonly pod: Pod };

/** What is known of a set of pods. It turns lists and watch events into changes, each told once. */
export class PodInventory {
  readonly #pods = new Map<string, Pod>();

  /** The pods are exactly these. Tells what differs from what was known. */
  *replace(pods: readonly Pod[]): Generator<PodChange> {
    const names = new Set(pods.map(nameOf));
    for (const [name, pod] of this.#pods) {
      if (!names.has(name)) yield* this.#forget(name, pod);
    }
    for (const pod of pods) yield* this.change('applied', pod);
  }

  /** One pod is so now, or is gone. A name with a new uid is another pod: the one before is gone. */
  *change(type: PodChange['type'], pod: Pod): Generator<PodChange> {
    const name = nameOf(pod);
    const known = this.#pods.get(name);
    if (type === 'deleted') {
      yield* this.#forget(name, pod);
      return;
    }
    const isSame = known?.metadata?.uid === pod.metadata?.uid;
    if (known !== undefined && isSame && known.metadata?.resourceVersion === pod.metadata?.resourceVersion) return;
    if (known !== undefined && !isSame) yield* this.#forget(name, known);
    this.#pods.set(name, pod);
    yield { type: 'applied', pod };
  }

  *#forget(name: string, pod: Pod): Generator<PodChange> {
    this.#pods.delete(name);
    yield { type: 'deleted', pod };
  }
}

const nameOf = (pod: Pod): string => pod.metadata?.name ?? '';
