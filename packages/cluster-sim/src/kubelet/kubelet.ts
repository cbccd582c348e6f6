import { known } from '../api/kinds.ts';
import { asPod, type Pod } from '../pods/pod-types.ts';
import type { ObjectApi } from '../store/object-api.ts';
import type { Store } from '../store/store.ts';
import type { ContainerProcess } from './container-process.ts';
import type { ContainerSlot } from './container-slot.ts';
import type { EventRecorder } from './event-recorder.ts';
import { PodWorker } from './pod-worker.ts';
import type { PrepareContext } from './prepare-container.ts';

/** What the kubelet works with. */
export interface KubeletEnvironment extends Omit<PrepareContext, 'volumes' | 'root'> {
  readonly store: Store;
  readonly recorder: EventRecorder;
  /** How much later than it happens a change of a container shows in the API. */
  readonly statusDelayMs: number;
  readonly now: () => Date;
  readonly log: (line: string) => void;
  readonly onStart: (process: ContainerProcess) => void;
  readonly onEnd: (process: ContainerProcess) => void;
}

/** Least time between TERM and KILL, also for a forced delete (kubelet, minimumGracePeriodInSeconds). */
const MIN_GRACE_MS = 2_000;

/** Runs the pods of the node: one worker each, driven by the changes of the store. */
export class Kubelet {
  readonly #objects: ObjectApi;
  readonly #environment: KubeletEnvironment;
  readonly #node: string;
  readonly #workers = new Map<string, PodWorker>();
  readonly #running = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;

  constructor(objects: ObjectApi, environment: KubeletEnvironment, node: string) {
    this.#objects = objects;
    this.#environment = environment;
    this.#node = node;
    this.#unsubscribe = objects.store.subscribe(({ type, kind, object }) => {
      if (kind !== known.pods) return;
      if (type === 'DELETED') this.#removed(asPod(object));
      else this.#changed(asPod(object));
    });
  }

  /** The worker of a pod, when the pod is on this node. */
  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  /** The slot of a container whose process runs now, whatever the API says yet. */
  runningContainer(uid: string, container: string): ContainerSlot | undefined {
    const slot = this.#workers.get(uid)?.slot(container);
    return slot?.process?.running === true ? slot : undefined;
  }

  /** Ends all containers at once. Nothing is reported any more. */
  async close(): Promise<void> {
    this.#unsubscribe();
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop(0)));
    await Promise.all(this.#running);
    for (const worker of this.#workers.values()) worker.finish();
    this.#workers.clear();
  }

  #changed(pod: Pod): void {
    if (pod.spec.nodeName !== this.#node) return;
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker === undefined) this.#added(pod);
    else {
      worker.update(pod);
      if (pod.metadata.deletionTimestamp !== undefined) this.#terminate(worker, pod);
    }
  }

  #added(pod: Pod): void {
    if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') return;
    const worker = new PodWorker(pod, this.#environment);
    this.#workers.set(worker.uid, worker);
    worker.start();
  }

  #terminate(worker: PodWorker, pod: Pod): void {
    const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    this.#track(worker.stop(graceMs).then(() => this.#finishDeletion(worker)));
  }

  #finishDeletion(worker: PodWorker): void {
    if (!this.#workers.has(worker.uid)) return;
    const { namespace, name } = worker.pod.metadata;
    worker.finish();
    const current = this.#objects.store.get(known.pods, namespace, name);
    if (current?.metadata.uid !== worker.uid) return;
    this.#objects.delete({ kind: known.pods, namespace, name }, { gracePeriodSeconds: 0, uid: worker.uid });
  }

  #removed(pod: Pod): void {
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker === undefined) return;
    this.#track(
      worker.stop(MIN_GRACE_MS).then(() => {
        this.#workers.delete(worker.uid);
        worker.finish();
      }),
    );
  }

  #track(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }
}
