import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { idleLoop, WORKER_PID_FILE } from './worker-container.ts';

const start = async () => {
  const control = await mkdtemp(join(tmpdir(), 'danube-idle-'));
  const child = spawn('/bin/sh', ['-c', idleLoop], { env: { ...process.env, DANUBE_CONTROL: control } });
  const pidFile = join(control, WORKER_PID_FILE);
  for (;;) {
    const pid = await readFile(pidFile, 'utf8').catch(() => '');
    if (pid !== '') return { child, pid: Number(pid), dispose: () => rm(control, { recursive: true }) };
    await delay(5);
  }
};

describe('the idle loop of the worker', () => {
  it('says which process it is, and ends at once with 0 when told to', async () => {
    const { child, pid, dispose } = await start();
    expect(pid).toBe(child.pid);
    const startedMs = Date.now();
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(Date.now() - startedMs).toBeLessThan(2000);
    await dispose();
  });

  it('does not end by itself', async () => {
    const { child, dispose } = await start();
    await delay(200);
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    await once(child, 'exit');
    await dispose();
  });
});
