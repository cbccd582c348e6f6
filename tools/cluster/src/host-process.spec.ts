import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identityOf, isAlive, killHard } from './host-process.ts';

const sleeper = () => spawn('sleep', ['60'], { stdio: 'ignore' });

describe('a process of this machine', () => {
  it('is alive as long as it runs, and is killed for good', async () => {
    const child = sleeper();
    const identity = identityOf(child.pid!)!;
    expect(isAlive(identity)).toBe(true);
    killHard(identity);
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    expect(isAlive(identity)).toBe(false);
    killHard(identity);
  });

  it.each([{ startTime: '1' }, { boot: 'another' }])('is not mistaken for another of its id (%j)', async (other) => {
    const child = sleeper();
    const identity = identityOf(child.pid!)!;
    expect(isAlive({ ...identity, ...other })).toBe(false);
    killHard({ ...identity, ...other });
    expect(isAlive(identity)).toBe(true);
    child.kill();
    await once(child, 'exit');
  });

  it('is found by its id even when its name has spaces and parentheses', async () => {
    const child = spawn(process.execPath, [
      '-e',
      'process.title = ") R (1 2"; console.log(); setTimeout(() => {}, 60000)',
    ]);
    await once(child.stdout, 'data');
    expect(identityOf(child.pid!)).toMatchObject({ pid: child.pid, startTime: expect.stringMatching(/^\d+$/) });
    child.kill();
    await once(child, 'exit');
  });

  it('is nobody when there is none', () => {
    expect(identityOf(2 ** 22 + 1)).toBeUndefined();
  });
});
