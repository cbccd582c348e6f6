import { apiTime, type KubeObject } from '../objects.ts';
import { known } from '../api/kinds.ts';
import type { ObjectApi } from '../store/object-api.ts';

/** What an event says. */
export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Part of the object, e.g. `spec.containers{worker}`. */
  readonly fieldPath?: string;
}

/** Writes events on objects; the same event again only counts up, as the real recorder does. */
export class EventRecorder {
  readonly #objects: ObjectApi;
  readonly #component: string;
  readonly #now: () => Date;

  constructor(objects: ObjectApi, component: string, now: () => Date) {
    this.#objects = objects;
    this.#component = component;
    this.#now = now;
  }

  /** Records an event. Does nothing when the namespace is going away. */
  record(about: KubeObject, text: EventText): void {
    const { store } = this.#objects;
    const namespace = about.metadata.namespace ?? 'default';
    const home = store.get(known.namespaces, undefined, namespace);
    if (home === undefined || home.metadata.deletionTimestamp !== undefined) return;
    const time = apiTime(this.#now());
    const name = `${about.metadata.name}.${hash(`${about.metadata.uid}${this.#component}${JSON.stringify(text)}`)}`;
    const before = store.get(known.events, namespace, name);
    if (before !== undefined) {
      store.put(known.events, { ...before, count: Number(before['count']) + 1, lastTimestamp: time });
      return;
    }
    this.#objects.create(
      { kind: known.events, namespace },
      {
        metadata: { name },
        involvedObject: {
          kind: about.kind,
          apiVersion: about.apiVersion,
          name: about.metadata.name,
          namespace,
          uid: about.metadata.uid,
          resourceVersion: about.metadata.resourceVersion,
          ...(text.fieldPath === undefined ? {} : { fieldPath: text.fieldPath }),
        },
        reason: text.reason,
        message: text.message,
        type: text.type,
        count: 1,
        firstTimestamp: time,
        lastTimestamp: time,
        eventTime: null,
        source: { component: this.#component, host: 'sim-node' },
        reportingComponent: this.#component,
        reportingInstance: 'sim-node',
      },
    );
  }
}

/** FNV-1a, 64 bits: the name of an event is the same for the same event. */
const hash = (text: string): string => {
  let value = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return value.toString(16);
};
