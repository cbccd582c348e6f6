import { describe, expect, it } from '@jest/globals';
import { defaultLivenessTimes, Liveness, type LivenessProbe } from './liveness.ts';

const quiet: Omit<LivenessProbe, 'ping' | 'touch'> = {
  bytesRead: 0,
  bytesWritten: 0,
  bufferedBytes: 0,
  paused: false,
  stdinInFlight: false,
};

/** Ticks every 10 s with these looks; answers when it died and how often it pinged. */
function watch(looks: readonly Partial<Omit<LivenessProbe, 'ping' | 'touch'>>[]): {
  diedAtS: number | undefined;
  pings: number;
  touches: number;
} {
  const liveness = new Liveness(defaultLivenessTimes, 0);
  let pings = 0;
  let touches = 0;
  for (const [index, look] of looks.entries()) {
    const nowMs = (index + 1) * 10_000;
    const dead = liveness.tick({ ...quiet, ...look, ping: () => pings++, touch: () => touches++ }, nowMs);
    if (dead !== undefined) return { diedAtS: nowMs / 1000, pings, touches };
  }
  return { diedAtS: undefined, pings, touches };
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('liveness', () => {
  it.each([
    { name: 'dies after 30 s of silence', looks: times(10, () => ({})), want: { diedAtS: 30, pings: 2 } },
    {
      name: 'lives on any byte, a pong included',
      looks: times(50, (i) => ({ bytesRead: i + 1 })),
      want: { diedAtS: undefined, pings: 50 },
    },
    {
      name: 'judges and asks nothing while paused',
      looks: times(50, () => ({ paused: true })),
      want: { diedAtS: undefined, pings: 0 },
    },
    {
      name: 'starts anew after a pause',
      looks: [...times(12, () => ({ paused: true })), ...times(9, () => ({}))],
      want: { diedAtS: 150, pings: 2 },
    },
    {
      name: 'waits 120 s for bytes that do not leave',
      looks: times(20, () => ({ bufferedBytes: 1, bytesWritten: 5 })),
      // The first tick saw bytes move.
      want: { diedAtS: 130, pings: 0 },
    },
    {
      name: 'waits while bytes leave',
      looks: times(50, (i) => ({ bufferedBytes: 1, bytesWritten: i + 1 })),
      want: { diedAtS: undefined, pings: 0 },
    },
    {
      name: 'waits 10 minutes for a server that may be stuck in writing stdin',
      looks: times(70, () => ({ stdinInFlight: true })),
      want: { diedAtS: 600, pings: 59 },
    },
  ])('$name', ({ looks, want }) => {
    expect(watch(looks)).toMatchObject(want);
  });

  it('sends a message each hour, for a server that counts no pings', () => {
    const looks = times(3 * 360, (i) => ({ bytesRead: i + 1 }));
    expect(watch(looks)).toEqual({ diedAtS: undefined, pings: 3 * 360 - 3, touches: 3 });
  });
});
