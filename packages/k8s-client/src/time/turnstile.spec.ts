import { describe, expect, it } from '@jest/globals';
import { Turnstile } from './turnstile.ts';

const never = new AbortController().signal;

describe('Turnstile', () => {
  it('lets so many in at a time, the others in the order in which they came', async () => {
    const turnstile = new Turnstile(2);
    const inside: string[] = [];
    const enter = async (name: string): Promise<() => void> => {
      const leave = await turnstile.enter(never);
      inside.push(name);
      return leave;
    };
    const [leaveA] = await Promise.all([enter('a'), enter('b')]);
    const [c, d] = [enter('c'), enter('d')];
    expect(inside).toEqual(['a', 'b']);
    leaveA();
    // Leaving twice does not give a second place away.
    leaveA();
    const leaveC = await c;
    expect(inside).toEqual(['a', 'b', 'c']);
    leaveC();
    await d;
    expect(inside).toEqual(['a', 'b', 'c', 'd']);
  });

  it('forgets one that is aborted, before or while it waits', async () => {
    const turnstile = new Turnstile();
    const leave = await turnstile.enter(never);
    await expect(turnstile.enter(AbortSignal.abort('early'))).rejects.toMatchObject({
      code: 'Aborted',
      cause: 'early',
    });
    const controller = new AbortController();
    const waiting = turnstile.enter(controller.signal);
    const next = turnstile.enter(never);
    controller.abort('late');
    await expect(waiting).rejects.toMatchObject({ code: 'Aborted', cause: 'late' });
    leave();
    await next;
  });
});
