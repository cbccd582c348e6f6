import { isDeepStrictEqual } from 'node:util';
import { known } from '../api/kinds.ts';
import { apiTime, asObject, asString, at, type KubeObject } from '../objects.ts';
import { asPod, type Pod, type PodCondition } from '../pods/pod-types.ts';
import { podAmount } from '../pods/pod-resources.ts';
import { parseQuantity } from '../pods/quantity.ts';
import type { Store } from '../store/store.ts';
import type { EventRecorder } from './event-recorder.ts';

/** The name of the only node. */
export const NODE_NAME = 'sim-node';

const resources = ['cpu', 'memory', 'ephemeral-storage'] as const;

const isActive = ({ status }: Pod): boolean => status.phase !== 'Succeeded' && status.phase !== 'Failed';

/** Puts pods on the node as far as its labels and its capacity allow, and says why when they do not. */
export class Scheduler {
  readonly #store: Store;
  readonly #recorder: EventRecorder;
  readonly #now: () => Date;
  readonly #unsubscribe: () => void;
  /** What active pods on the node ask for, kept up to date pod by pod: summing all for each pod would be quadratic. */
  readonly #used = new Map<string, Readonly<Record<string, number>>>();
  readonly #totals: Record<string, number> = {};
  readonly #waiting = new Set<string>();

  constructor(store: Store, recorder: EventRecorder, now: () => Date) {
    this.#store = store;
    this.#recorder = recorder;
    this.#now = now;
    this.#unsubscribe = store.subscribe(({ type, kind, object }) => {
      if (kind === known.nodes) this.#retry();
      if (kind === known.pods) this.#podChanged(asPod(object), type === 'DELETED');
    });
  }

  /** Schedules nothing any more. */
  close(): void {
    this.#unsubscribe();
  }

  #podChanged(pod: Pod, deleted: boolean): void {
    const { uid, namespace = '', name } = pod.metadata;
    const key = `${namespace}/${name}`;
    if (deleted || !isActive(pod)) {
      this.#waiting.delete(key);
      if (this.#account(uid, undefined)) this.#retry();
    } else if (pod.spec.nodeName !== undefined) {
      this.#waiting.delete(key);
      if (!this.#used.has(uid)) this.#account(uid, this.#requests(pod));
    } else if (!this.#waiting.has(key) && pod.metadata.deletionTimestamp === undefined) {
      this.#waiting.add(key);
      this.#schedule(pod);
    }
  }

  #requests(pod: Pod): Readonly<Record<string, number>> {
    return {
      pods: 1,
      ...Object.fromEntries(resources.map((resource) => [resource, podAmount(pod, 'requests', resource)])),
    };
  }

  #account(uid: string, next: Readonly<Record<string, number>> | undefined): boolean {
    const before = this.#used.get(uid);
    if (before === undefined && next === undefined) return false;
    for (const resource of ['pods', ...resources]) {
      this.#totals[resource] = (this.#totals[resource] ?? 0) - (before?.[resource] ?? 0) + (next?.[resource] ?? 0);
    }
    if (next === undefined) this.#used.delete(uid);
    else this.#used.set(uid, next);
    return true;
  }

  #retry(): void {
    for (const key of this.#waiting) {
      const [namespace = '', name = ''] = key.split('/');
      const pod = this.#store.get(known.pods, namespace, name);
      if (pod !== undefined) this.#schedule(asPod(pod));
    }
  }

  #schedule(pod: Pod): void {
    const node = this.#store.get(known.nodes, undefined, NODE_NAME);
    const reason = node === undefined ? 'no nodes available to schedule pods' : this.#obstacle(pod, node);
    const { name, namespace = '' } = pod.metadata;
    if (reason === undefined) {
      this.#waiting.delete(`${namespace}/${name}`);
      const message = `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`;
      this.#recorder.record(pod, { type: 'Normal', reason: 'Scheduled', message });
      this.#account(pod.metadata.uid, this.#requests(pod)); // at once: the next pod may be judged before the change is published
      this.#write({ ...pod, spec: { ...pod.spec, nodeName: NODE_NAME } }, { type: 'PodScheduled', status: 'True' });
      return;
    }
    if (pod.status.conditions?.some(({ type, message }) => type === 'PodScheduled' && message === reason) === true)
      return;
    this.#recorder.record(pod, { type: 'Warning', reason: 'FailedScheduling', message: reason });
    this.#write(pod, { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: reason });
  }

  #write(pod: Pod, input: Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>): void {
    const condition: PodCondition = { ...input, lastProbeTime: null, lastTransitionTime: apiTime(this.#now()) };
    const others = (pod.status.conditions ?? []).filter(({ type }) => type !== condition.type);
    const status = { ...pod.status, conditions: [...others, condition] };
    this.#store.put(known.pods, { ...pod, status });
  }

  /** Why the pod does not fit, in the scheduler's words, or undefined when it does. */
  #obstacle(pod: Pod, node: KubeObject): string | undefined {
    const none = 'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
    const unhelpful = 'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
    const unavailable = (why: string, preemption: string): string => `0/1 nodes are available: 1 ${why}. ${preemption}`;
    const labels = node.metadata.labels ?? {};
    const selector = pod.spec.nodeSelector ?? {};
    if (at(node, 'spec', 'unschedulable') === true) return unavailable('node(s) were unschedulable', unhelpful);
    const selected = Object.keys(selector).every((key) => isDeepStrictEqual(labels[key], selector[key]));
    if (!selected) return unavailable("node(s) didn't match Pod's node affinity/selector", unhelpful);
    const allocatable = asObject(at(node, 'status', 'allocatable'));
    const requests = this.#requests(pod);
    const short = ['pods', ...resources].filter((resource) => {
      const limit = parseQuantity(asString(allocatable[resource])) ?? Number.POSITIVE_INFINITY;
      return (requests[resource] ?? 0) > 0 && (this.#totals[resource] ?? 0) + (requests[resource] ?? 0) > limit;
    });
    if (short.length === 0) return undefined;
    const reasons = short.map((resource) => (resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`));
    return unavailable(reasons.join(', 1 '), none);
  }
}
