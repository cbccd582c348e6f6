import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cgroupProcesses, clusterStatus, down, hierarchies, settingsOf } from '@danube/cluster';
import { runCommand, startCommand } from '../support/cluster-command.ts';
import { machineState, noTraces, tracesOf } from '../support/host-traces.ts';

const name = 'selftest';
const settings = settingsOf({ name }, process.env);
const mine = ['--name', name];
const possible = process.platform === 'linux' && process.getuid?.() === 0;
const before = possible ? machineState() : undefined;

/** Ids, seen from outside, of the cluster's processes whose command line matches. */
const processes = async (pattern: RegExp): Promise<number[]> =>
  (await cgroupProcesses(settings.instance, await hierarchies())).filter((pid) => pattern.test(commandLine(pid)));

const commandLine = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return ''; // it ended in between
  }
};

const killAll = async (pattern: RegExp): Promise<number> => {
  const found = await processes(pattern);
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // the end of one before it was its end too
    }
  }
  return found.length;
};

const becomes = async (state: string, timeoutMs: number): Promise<string> => {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const status = await clusterStatus(settings);
    if (status.state === state || Date.now() > deadlineMs) return status.state;
    await sleep(100);
  }
};

const portOf = async (): Promise<number> => (await clusterStatus(settings)).record?.port ?? 0;

(possible ? describe : describe.skip)('the cluster tool (needs root on Linux)', () => {
  beforeAll(() => down(settings, () => undefined));
  afterAll(() => down(settings, () => undefined));

  describe('with a cluster', () => {
    let port = 0;

    it('gives two callers at the same time one cluster', async () => {
      const [first, second] = await Promise.all([runCommand('up', ...mine), runCommand('up', ...mine)]);
      expect(first).toMatchObject({ code: 0 });
      expect(second).toMatchObject({ code: 0, stdout: first.stdout });
      expect(await processes(/kube-apiserver/)).toHaveLength(1);
      port = await portOf();
      expect(await runCommand('status', ...mine)).toMatchObject({ code: 0, stdout: expect.stringContaining('usable') });
    });

    it('changes nothing of the machine while it runs', () => {
      expect(machineState()).toEqual(before);
    });

    it.each(['kubelet', 'apiserver', 'etcd', 'containerd'])(
      'restarts a killed %s and keeps what runs in pods',
      async (component) => {
        const containers = await processes(/^\/coredns/);
        expect(containers).toHaveLength(1);
        expect(await runCommand('restart', component, ...mine)).toMatchObject({ code: 0 });
        expect(await becomes('usable', 60_000)).toBe('usable');
        expect(
          (await clusterStatus(settings)).node?.components.find(({ name: each }) => each.endsWith(component)),
        ).toMatchObject({
          restarts: 1,
        });
        expect(await processes(/^\/coredns/)).toEqual(containers);
      },
    );

    it('says which programs there are when it is asked to restart another', async () => {
      const { code, stderr } = await runCommand('restart', 'nothing', ...mine);
      expect(code).toBe(3);
      expect(stderr).toContain('not running: nothing (running: etcd, containerd, kube-apiserver, kubelet');
    });

    it('ends within 5 s and leaves nothing', async () => {
      const startedMs = performance.now();
      expect(await runCommand('down', ...mine)).toMatchObject({ code: 0 });
      expect(performance.now() - startedMs).toBeLessThan(5000);
      expect(await tracesOf(settings, port)).toEqual(noTraces);
      expect(machineState()).toEqual(before);
    });

    it('has nothing to do the second time', async () => {
      expect(await runCommand('down', ...mine)).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('nothing to stop'),
      });
      expect(await runCommand('status', ...mine)).toMatchObject({ code: 1, stdout: `${name}: absent` });
    });
  });

  describe('after a kill -9', () => {
    afterEach(async () => {
      const port = await portOf();
      expect(await runCommand('down', ...mine)).toMatchObject({ code: 0 });
      expect(await tracesOf(settings, port)).toEqual(noTraces);
      expect(machineState()).toEqual(before);
    });

    it.each([200, 400, 700, 1000, 1500, 3000])('of "up" after %i ms can be taken down', async (delayMs) => {
      const child = startCommand('up', ...mine);
      await sleep(delayMs);
      child.kill('SIGKILL');
      await once(child, 'exit');
    });

    it('of "up" is finished by the next "up"', async () => {
      const child = startCommand('up', ...mine);
      expect(await becomes('starting', 30_000)).toBe('starting');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const owner = (await clusterStatus(settings)).record?.owner;
      expect(await runCommand('up', ...mine)).toMatchObject({ code: 0 });
      expect((await clusterStatus(settings)).record?.owner).toEqual(owner);
    });

    it.each([
      ['the process that holds the namespaces', /^unshare /],
      ['the process that runs the programs', /^\S*node .*inner\/main/],
      ['everything at once', /./],
    ])('of %s the cluster is dead as a whole', async (_what, pattern) => {
      expect(await runCommand('up', ...mine)).toMatchObject({ code: 0 });
      expect(await killAll(pattern)).toBeGreaterThan(0);
      expect(await becomes('dead', 5000)).toBe('dead');
      await sleep(200);
      expect(await processes(/./)).toEqual([]);
      expect(await runCommand('status', ...mine)).toMatchObject({ code: 1, stdout: expect.stringContaining('dead') });
    });

    it('of the cluster the next "up" makes a new one', async () => {
      expect(await runCommand('up', ...mine)).toMatchObject({ code: 0 });
      expect(await killAll(/^unshare /)).toBe(1);
      expect(await runCommand('up', ...mine)).toMatchObject({ code: 0, stderr: expect.stringContaining('node Ready') });
    });

    it('of the cluster it is taken down even when the record of it has gone', async () => {
      expect(await runCommand('up', ...mine)).toMatchObject({ code: 0 });
      rmSync(`${settings.stateDir}/cluster.json`);
    });
  });

  it('leaves nothing after Ctrl-C during "up"', async () => {
    const child = startCommand('up', ...mine);
    expect(await becomes('starting', 30_000)).toBe('starting');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    expect(await tracesOf(settings)).toEqual(noTraces);
  });

  it('refuses a port in use, and leaves nothing', async () => {
    const { createServer } = await import('node:net');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const result = await runCommand('up', ...mine, '--port', String(port));
    expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining('The port is in use') });
    expect(await tracesOf(settings)).toEqual(noTraces);
    server.close();
  });
});
