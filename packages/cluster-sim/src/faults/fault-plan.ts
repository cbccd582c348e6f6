import type { ResourceRequest } from '../api/request-info.ts';
import { queryFlag } from '../api/request-info.ts';
import type { Fault, FaultAction, FaultMatch, FaultVerb } from './fault.ts';

/** A fault that was added. */
export interface FaultHandle {
  /** How many requests it has hit. */
  readonly hits: number;
  /** Takes it out again. */
  remove(): void;
}

/** Faults of a simulator; the first that fits a request hits it. */
export interface Faults {
  /** Adds a fault behind those that are there. */
  add(fault: Fault): FaultHandle;
  /** Takes all faults out. Sessions that a fault has hit already stay hit. */
  clear(): void;
}

interface Planned extends FaultHandle {
  readonly fault: Fault;
  seen: number;
  hits: number;
}

const methods: Readonly<Record<string, FaultVerb>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

/** The verb of a request. */
export const verbOf = (method: string, { name, subresource, query }: ResourceRequest): FaultVerb => {
  if (subresource === 'exec' || subresource === 'attach') return 'connect';
  if (subresource === 'log') return 'log';
  if (method === 'DELETE') return name === undefined ? 'deletecollection' : 'delete';
  if (method !== 'GET') return methods[method] ?? 'get';
  if (queryFlag(query, 'watch')) return 'watch';
  return name === undefined ? 'list' : 'get';
};

const fits = (match: FaultMatch, verb: FaultVerb, { kind, namespace, name }: ResourceRequest): boolean =>
  (match.verb === undefined || [match.verb].flat().includes(verb)) &&
  (match.resource === undefined || match.resource === kind.plural) &&
  (match.namespace === undefined || match.namespace === namespace) &&
  (match.name === undefined || match.name === name);

/** A small seeded generator (mulberry32): numbers from 0 to below 1, the same for the same seed. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Decides which request is hit by which fault. The same seed and the same order of requests give the same hits. */
export class FaultPlan implements Faults {
  readonly #random: () => number;
  #planned: Planned[] = [];

  constructor(seed: number, faults: readonly Fault[] = []) {
    this.#random = seededRandom(seed);
    for (const fault of faults) this.add(fault);
  }

  add(fault: Fault): FaultHandle {
    const planned: Planned = {
      fault,
      seen: 0,
      hits: 0,
      remove: () => {
        this.#planned = this.#planned.filter((other) => other !== planned);
      },
    };
    this.#planned.push(planned);
    return planned;
  }

  clear(): void {
    this.#planned = [];
  }

  /** What happens to this request; undefined: nothing. Counts it as hit. */
  take(method: string, request: ResourceRequest): FaultAction | undefined {
    const verb = verbOf(method, request);
    for (const planned of this.#planned) {
      const { match = {}, skip = 0, times = 1, probability = 1, action } = planned.fault;
      if (planned.hits >= times || !fits(match, verb, request)) continue;
      planned.seen += 1;
      if (planned.seen <= skip || (probability < 1 && this.#random() >= probability)) continue;
      planned.hits += 1;
      return action;
    }
    return undefined;
  }
}
