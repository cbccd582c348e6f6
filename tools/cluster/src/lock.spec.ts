import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from './lock.ts';

const options = (name: string, lines: string[] = []) => ({
  name,
  progress: (line: string) => void lines.push(line),
  timeoutMs: 5000,
});

describe('withLock', () => {
  it('lets one in at a time, whatever the first one does', async () => {
    const name = randomUUID();
    const seen: string[] = [];
    const work = (who: string) => async () => {
      seen.push(`${who} in`);
      await sleep(50);
      seen.push(`${who} out`);
      if (who === 'a') throw new RangeError('a failed');
    };
    const first = withLock(options(name), work('a'));
    const second = withLock(options(name), work('b'));
    await expect(first).rejects.toThrow('a failed');
    await second;
    expect(seen).toEqual(['a in', 'a out', 'b in', 'b out']);
  });

  it('does not keep different names from each other', async () => {
    const inner = () => withLock(options(randomUUID()), async () => 'both');
    expect(await withLock(options(randomUUID()), inner)).toBe('both');
  });

  it('is free when its holder was killed, and says meanwhile who that is', async () => {
    const name = randomUUID();
    const code = `import { withLock } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
      await withLock({ name: ${JSON.stringify(name)}, progress: () => {}, timeoutMs: 1000 }, () => {
        console.log('locked');
        return new Promise((resolve) => setTimeout(resolve, 60000));
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
    await once(child.stdout, 'data');
    const lines: string[] = [];
    const entered = withLock(options(name, lines), async () => 'entered');
    await sleep(200);
    expect(lines).toEqual([`waiting for process ${child.pid!}, which holds the lock "${name}"`]);
    child.kill('SIGKILL');
    expect(await entered).toBe('entered');
  });

  it('gives up after a time', async () => {
    const name = randomUUID();
    await withLock(options(name), async () => {
      await expect(withLock({ ...options(name), timeoutMs: 10 }, async () => 1)).rejects.toMatchObject({
        code: 'Busy',
      });
    });
  });
});
