import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { ApiError } from '../errors/api-error.ts';
import { KubeError } from '../errors/kube-error.ts';
import { TimeoutError, TransportError } from '../errors/failures.ts';
import type { KubeRequest, Requester } from '../requester.ts';
import type { ConfigMap } from '../resources/models.ts';
import { ResourceClient } from '../resources/resource-client.ts';
import { resources } from '../resources/resource-definition.ts';
import { Turnstile } from '../time/turnstile.ts';
import { actionFor, type Failure, failureOf, type Safety } from './policy.ts';
import { RetryBudget } from './retry-budget.ts';
import { type Recovery, withRetries } from './with-retries.ts';

describe('the retry table', () => {
  const safeties: readonly Safety[] = ['read', 'delete', 'idempotent', 'settle', 'once', 'never'];
  it.each([
    ['unsent', 'retry retry retry retry retry stop'],
    ['throttled', 'retry retry retry retry retry stop'],
    ['postponed', 'retry retry retry retry retry stop'],
    ['unclear', 'retry retry retry settle stop stop'],
    ['lost', 'retry retry retry settle stop stop'],
    ['final', 'stop stop stop stop stop stop'],
  ] as const)('for a request that is %s', (failure, want) => {
    expect(safeties.map((safety) => actionFor(failure, safety)).join(' ')).toBe(want);
  });

  it.each<[string, unknown, Failure]>([
    ['a refused connection', new TransportError({ phase: 'connect', sent: false }), 'unsent'],
    ['a reset after sending', new TransportError({ phase: 'headers', sent: true }), 'lost'],
    ['no free connection in time', new TimeoutError({ phase: 'queue', sent: false, timeoutMs: 1 }), 'unsent'],
    ['no answer in time', new TimeoutError({ phase: 'headers', sent: true, timeoutMs: 1 }), 'lost'],
    ['429', new ApiError('TooManyRequests', { status: 429 }), 'throttled'],
    ['503 with Retry-After', new ApiError('ServiceUnavailable', { status: 503, retryAfterMs: 0 }), 'postponed'],
    ['503 without', new ApiError('ServiceUnavailable', { status: 503 }), 'unclear'],
    ['500 without', new ApiError('InternalError', { status: 500 }), 'unclear'],
    ['an answer that breaks off', new KubeError('BadResponse'), 'lost'],
    ['404', new ApiError('NotFound', { status: 404 }), 'final'],
    ['an abort', new KubeError('Aborted'), 'final'],
    ['anything else', new TypeError('x'), 'final'],
  ])('takes %s for what it is', (_name, error, want) => {
    expect(failureOf(error)).toBe(want);
  });
});

describe('withRetries', () => {
  const clock = () => fakeClock();
  const run = async (
    errors: readonly KubeError[],
    more: { safety?: Safety; timeoutMs?: number; maxAttempts?: number } = {},
  ) => {
    const own = clock();
    const left = [...errors];
    let attempts = 0;
    const outcome = await withRetries(
      async () => {
        attempts += 1;
        const error = left.shift();
        if (error !== undefined) throw error;
        return 'done';
      },
      {
        recovery: { safety: more.safety ?? 'read' },
        timeoutMs: more.timeoutMs ?? 60_000,
        maxAttempts: more.maxAttempts ?? 10,
        label: 'GET /x',
        clock: own,
        budget: new RetryBudget(own.now),
      },
    ).catch((error: unknown) => error);
    return { outcome, attempts, slept: own.slept };
  };
  const throttled = (retryAfterMs?: number) => new ApiError('TooManyRequests', { status: 429, retryAfterMs });
  const lost = () => new TransportError({ phase: 'headers', sent: true });

  it('waits as long as the server asks, and a little more', async () => {
    const { outcome, slept } = await run([throttled(3000), throttled(3000)]);
    expect(outcome).toBe('done');
    expect(slept).toEqual([3050, 3100]);
  });

  it('believes at most 30 s', async () => {
    expect((await run([throttled(3_600_000)])).slept).toEqual([30_050]);
  });

  it('ends with the failure at once when the wait would not fit in the time', async () => {
    const { outcome, attempts, slept } = await run([throttled(3000)], { timeoutMs: 2000 });
    expect(outcome).toMatchObject({ code: 'TooManyRequests', attempts: 1 });
    expect([attempts, slept]).toEqual([1, []]);
  });

  it('ends after the most attempts', async () => {
    const { outcome, attempts } = await run(Array.from({ length: 9 }, lost), { maxAttempts: 3 });
    expect(outcome).toMatchObject({ code: 'TransportFailed', attempts: 3, maybeApplied: true });
    expect(attempts).toBe(3);
  });

  it('does not send a write without a name twice when it may have been applied', async () => {
    const { outcome, attempts } = await run([lost()], { safety: 'once' });
    expect(attempts).toBe(1);
    expect(outcome).toMatchObject({ maybeApplied: true });
  });

  it('remembers on a later failure that an earlier attempt may have been applied', async () => {
    const refused = () => new ApiError('Forbidden', { status: 403 });
    expect((await run([lost(), refused()])).outcome).toMatchObject({ code: 'Forbidden', maybeApplied: true });
    expect((await run([throttled(), refused()])).outcome).toMatchObject({ code: 'Forbidden', maybeApplied: false });
  });

  it('spends a budget, so that an outage is not multiplied', async () => {
    const own = clock();
    const budget = new RetryBudget(own.now, 5);
    let sent = 0;
    for (let call = 0; call < 20; call += 1) {
      await withRetries(
        async () => {
          sent += 1;
          throw throttled();
        },
        {
          recovery: { safety: 'read' },
          timeoutMs: 60_000,
          maxAttempts: 10,
          label: 'x',
          clock: { ...own, sleep: async () => undefined },
          budget,
        },
      ).catch(() => undefined);
    }
    expect(sent).toBeLessThanOrEqual(20 + 5 + 2);
  });
});

/** What one attempt meets on its way. */
const fault = fc.oneof(
  { weight: 3, arbitrary: fc.constant('works' as const) },
  fc.constantFrom(
    'refused',
    'throttled',
    'postponed',
    'lost before',
    'lost after',
    'unclear before',
    'unclear after',
    'slow after',
  ),
);
type Fault =
  'works' | 'refused' | 'throttled' | 'postponed' | `${'lost' | 'unclear'} ${'before' | 'after'}` | 'slow after';

const ON_THE_WAY_MS = 3;

/** A server of one collection that does to each request what the schedule says, and counts what it applied. */
class FaultyServer implements Requester {
  readonly clock = fakeClock();
  readonly objects = new Map<string, ConfigMap>();
  readonly applied: string[] = [];
  readonly #schedule: Fault[];
  readonly #budget = new RetryBudget(this.clock.now);
  readonly #interfere: () => void;
  #version = 1;
  #names = 0;

  constructor(schedule: readonly Fault[], interfere: (server: FaultyServer) => void = () => undefined) {
    this.#schedule = [...schedule];
    this.#interfere = () => interfere(this);
  }

  request<T>(
    request: KubeRequest,
    recovery: Recovery<T> = { safety: request.method === 'GET' ? 'read' : 'once' },
  ): Promise<T> {
    return withRetries(async (timeoutMs) => (await this.#attempt(request, timeoutMs)) as T, {
      recovery,
      timeoutMs: request.timeoutMs ?? 60_000,
      maxAttempts: 10,
      label: 'x',
      clock: this.clock,
      budget: this.#budget,
    });
  }

  stream(): Promise<never> {
    throw new TypeError('not used here');
  }

  write(name: string, change: (object: ConfigMap) => ConfigMap): ConfigMap {
    this.#version += 1;
    const changed = change(this.objects.get(name) ?? {});
    const stored = { ...changed, metadata: { ...changed.metadata, name, resourceVersion: String(this.#version) } };
    this.objects.set(name, stored);
    return stored;
  }

  async #attempt(request: KubeRequest, timeoutMs: number): Promise<unknown> {
    const kind = this.#schedule.shift() ?? 'works';
    if (timeoutMs < ON_THE_WAY_MS) {
      this.clock.advance(timeoutMs);
      throw new TimeoutError({ phase: 'headers', sent: true, timeoutMs });
    }
    this.clock.advance(ON_THE_WAY_MS);
    if (kind === 'refused') throw new TransportError({ phase: 'connect', sent: false });
    if (kind === 'throttled') throw new ApiError('TooManyRequests', { status: 429, retryAfterMs: 1000 });
    if (kind === 'postponed') throw new ApiError('ServiceUnavailable', { status: 503, retryAfterMs: 1000 });
    if (kind === 'lost before') throw new TransportError({ phase: 'headers', sent: true });
    if (kind === 'unclear before') throw new ApiError('ServerTimeout', { status: 504 });
    const answer = structuredClone(this.#apply(request));
    this.#interfere();
    if (kind === 'lost after') throw new TransportError({ phase: 'headers', sent: true });
    if (kind === 'unclear after') throw new ApiError('InternalError', { status: 500 });
    if (kind === 'slow after') {
      this.clock.advance(timeoutMs - ON_THE_WAY_MS);
      throw new TimeoutError({ phase: 'headers', sent: true, timeoutMs });
    }
    return answer;
  }

  #apply({ method, path, body }: KubeRequest): unknown {
    const object = body as ConfigMap & { preconditions?: { uid?: string } };
    const name =
      method === 'POST' ? (object.metadata?.name ?? `gen-${(this.#names += 1)}`) : (path.split('/').at(-1) ?? '');
    const found = this.objects.get(name);
    if (method === 'POST') {
      if (found !== undefined) throw new ApiError('AlreadyExists', { status: 409, reason: 'AlreadyExists' });
      this.applied.push(`create ${name}`);
      return this.write(name, () => ({ ...object, metadata: { ...object.metadata, uid: `uid-${this.#version}` } }));
    }
    if (found === undefined) throw new ApiError('NotFound', { status: 404 });
    if (method === 'GET') return found;
    if (method === 'DELETE') {
      if (object.preconditions?.uid !== undefined && object.preconditions.uid !== found.metadata?.uid) {
        throw new ApiError('Conflict', { status: 409 });
      }
      this.applied.push(`delete ${name}`);
      this.objects.delete(name);
      return {};
    }
    if (
      object.metadata?.resourceVersion !== undefined &&
      object.metadata.resourceVersion !== found.metadata?.resourceVersion
    ) {
      throw new ApiError('Conflict', { status: 409, reason: 'Conflict' });
    }
    this.applied.push(`update ${name}`);
    return this.write(name, () => ({ ...object, metadata: { ...object.metadata, uid: found.metadata?.uid ?? '' } }));
  }
}

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: KubeError };

describe('whatever happens to the attempts', () => {
  const schedules = fc.array(fault, { maxLength: 14 }) as fc.Arbitrary<Fault[]>;
  const times = fc.oneof(fc.constant(60_000), fc.integer({ min: 1, max: 120_000 }), fc.integer({ min: 1, max: 50 }));
  /** Makes a call, which must end in its time, and with a typed error if with one. */
  const outcomeOf = async (
    server: FaultyServer,
    timeoutMs: number,
    call: (maps: ResourceClient<ConfigMap>) => Promise<unknown>,
  ): Promise<Outcome> => {
    const { clock } = server;
    const context = { requester: server, clock, fieldManager: 'test', timeoutMs, relists: new Turnstile() };
    const startedMs = clock.monotonic();
    const outcome = await call(
      new ResourceClient<ConfigMap>(context, { definition: resources.configMaps, namespace: 'ci' }),
    ).then<Outcome, Outcome>(
      (value) => ({ ok: true, value }),
      (error: unknown) => ({ ok: false, error: error as KubeError }),
    );
    expect(clock.monotonic() - startedMs).toBeLessThanOrEqual(timeoutMs);
    if (!outcome.ok) expect(outcome.error).toBeInstanceOf(KubeError);
    return outcome;
  };
  const check = async (property: fc.IAsyncProperty<unknown>): Promise<void> => {
    await fc.assert(property, { numRuns: 2000 });
  };

  it('a create with a name is applied at most once, and its outcome is the truth', async () => {
    await check(
      fc.asyncProperty(schedules, times, async (schedule, timeoutMs) => {
        const server = new FaultyServer(schedule);
        const outcome = await outcomeOf(server, timeoutMs, (maps) =>
          maps.create({ metadata: { name: 'x' } }, { timeoutMs }),
        );
        expect(server.applied.length).toBeLessThanOrEqual(1);
        if (outcome.ok) expect(outcome.value).toEqual(server.objects.get('x'));
        else if (!outcome.error.maybeApplied) expect(server.applied).toEqual([]);
      }),
    );
  }, 60_000);

  it('a create with a generated name is never applied twice', async () => {
    await check(
      fc.asyncProperty(schedules, times, async (schedule, timeoutMs) => {
        const server = new FaultyServer(schedule);
        const outcome = await outcomeOf(server, timeoutMs, (maps) =>
          maps.create({ metadata: { generateName: 'gen-' } }, { timeoutMs }),
        );
        expect(server.applied.length).toBeLessThanOrEqual(1);
        if (outcome.ok) expect(server.applied).toHaveLength(1);
        else if (!outcome.error.maybeApplied) expect(server.applied).toEqual([]);
      }),
    );
  }, 60_000);

  it('a replace on a version never overwrites what somebody else wrote since', async () => {
    await check(
      fc.asyncProperty(schedules, times, fc.integer({ min: 0, max: 6 }), async (schedule, timeoutMs, turn) => {
        let calls = 0;
        const server = new FaultyServer(schedule, (own) => {
          if (calls++ === turn) own.write('x', (object) => ({ ...object, data: { other: 'wrote' } }));
        });
        const read = server.write('x', () => ({ apiVersion: 'v1', kind: 'ConfigMap', data: { n: '1' } }));
        const outcome = await outcomeOf(server, timeoutMs, (maps) =>
          maps.replace({ ...read, data: { n: '2' } }, { timeoutMs }),
        );
        const updates = server.applied.length;
        expect(updates).toBeLessThanOrEqual(1);
        if (outcome.ok) expect(updates).toBe(1);
        else if (!outcome.error.maybeApplied) expect(updates).toBe(0);
        if (calls > turn) expect(server.objects.get('x')?.data).toEqual({ other: 'wrote' });
      }),
    );
  }, 60_000);

  it('an update changes what is there once or not at all, whoever else writes', async () => {
    const numberIn = (object: ConfigMap | undefined, key: string): number => Number(object?.data?.[key] ?? 0);
    const increment = (object: ConfigMap, key: string): ConfigMap => ({
      ...object,
      data: { ...object.data, [key]: String(numberIn(object, key) + 1) },
    });
    await check(
      fc.asyncProperty(
        schedules,
        times,
        fc.array(fc.boolean(), { maxLength: 12 }),
        async (schedule, timeoutMs, writes) => {
          let others = 0;
          let turn = 0;
          const server = new FaultyServer(schedule, (own) => {
            if (writes[turn++] !== true) return;
            others += 1;
            own.write('x', (object) => increment(object, 'others'));
          });
          server.write('x', () => ({ apiVersion: 'v1', kind: 'ConfigMap' }));
          const outcome = await outcomeOf(server, timeoutMs, (maps) =>
            maps.update('x', (object) => void Object.assign(object, increment(object, 'ours')), { timeoutMs }),
          );
          const stored = server.objects.get('x');
          const ours = numberIn(stored, 'ours');
          expect(ours).toBeLessThanOrEqual(1);
          if (outcome.ok) expect(ours).toBe(1);
          else if (!outcome.error.maybeApplied) expect(ours).toBe(0);
          expect(numberIn(stored, 'others')).toBe(others);
        },
      ),
    );
  }, 60_000);

  it('a delete of a uid removes that object or nothing', async () => {
    await check(
      fc.asyncProperty(schedules, times, fc.boolean(), async (schedule, timeoutMs, recreate) => {
        const server = new FaultyServer(schedule, (own) => {
          if (recreate && !own.objects.has('x')) own.write('x', () => ({ metadata: { uid: 'another' } }));
        });
        server.write('x', () => ({ metadata: { uid: 'mine' } }));
        const outcome = await outcomeOf(server, timeoutMs, (maps) => maps.delete('x', { uid: 'mine', timeoutMs }));
        expect(server.applied.length).toBeLessThanOrEqual(1);
        if (outcome.ok) expect(server.objects.get('x')?.metadata?.uid).not.toBe('mine');
        else if (!outcome.error.maybeApplied) expect(server.objects.get('x')?.metadata?.uid).toBe('mine');
        if (recreate && server.applied.length === 1) expect(server.objects.get('x')?.metadata?.uid).toBe('another');
      }),
    );
  }, 60_000);
});
