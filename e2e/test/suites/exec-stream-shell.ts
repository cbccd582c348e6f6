import { type ExecProtocol, ExecStream, type ExecTarget } from '@danube/exec-stream';
import { isPodRunning, type KubeClient } from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTerminal, type Terminal } from '../support/shell/terminal.ts';

/** What the suite needs of the cluster it runs on. */
export interface ShellCluster {
  readonly client: () => KubeClient;
  /** Path of a kubeconfig, for a client in a process of its own. */
  readonly kubeconfig: () => string;
  readonly image: string;
}

const protocols: readonly ExecProtocol[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** What a person at a terminal sees of `runShell`, on a pseudo-terminal with a client in a process of its own. */
export const describeShell = ({ client, kubeconfig, image }: ShellCluster): void => {
  const target: ExecTarget = {
    namespace: `shell-${randomUUID().slice(0, 8)}`,
    pod: 'target',
    container: 'worker',
  };

  beforeAll(async () => {
    await client().namespaces().ensure(target.namespace);
    const pods = client().pods(target.namespace);
    await pods.create({
      metadata: { name: target.pod },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 1,
        automountServiceAccountToken: false,
        containers: [
          {
            name: target.container,
            image,
            imagePullPolicy: 'IfNotPresent',
            command: ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done'],
          },
        ],
      },
    });
    await pods.waitFor(target.pod, isPodRunning, { timeoutMs: 60_000 });
  });

  afterAll(() => client().namespaces().delete(target.namespace));

  const shell = (protocol: ExecProtocol, ...argv: string[]): Terminal =>
    onTerminal(
      [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        '--conditions=@danube/source',
        join(import.meta.dirname, '../support/shell/shell-client.ts'),
        target.namespace,
        target.pod,
        target.container,
        protocol,
        ...argv,
      ],
      { ...process.env, KUBECONFIG: kubeconfig(), NODE_OPTIONS: '' },
    );

  /** Finds processes by their arguments, but not the search itself. */
  const processesWith = async (mark: string): Promise<string> => {
    const pattern = `${mark.slice(0, 18)}''${mark.slice(18)}`;
    const script = `grep -l ${pattern} /proc/[0-9]*/cmdline 2>/dev/null; true`;
    const session = new ExecStream(client()).exec(target, ['sh', '-c', script]);
    let text = '';
    for await (const chunk of session.stdout as AsyncIterable<Buffer>) text += chunk.toString();
    await session.result;
    return text;
  };

  describe.each(protocols)('a shell over %s', (protocol) => {
    it('is one at a terminal: prompt, echo, size, keys that signal, exit code, and the terminal as before', async () => {
      await using terminal = shell(protocol, 'sh');
      await terminal.until(/[#$] /);
      terminal.order(String.raw`type echo si""ze $(stty size)\r`);
      await terminal.until('size 24 80');
      terminal.order('size 40 132');
      terminal.order(String.raw`type sleep 0.5; echo si""ze $(stty size)\r`);
      await terminal.until('size 40 132');
      terminal.order(String.raw`type sleep 300\r`);
      await terminal.until('sleep 300');
      await sleep(300);
      terminal.order(String.raw`type \x03`);
      await terminal.until(/[#$] /);
      terminal.order(String.raw`type echo af""ter\r`);
      await terminal.until('after');
      terminal.order(String.raw`type exit 42\r`);
      await terminal.until('client: code 42 verified true raw false');
      await terminal.until('pty: exit 0, modes as before');
      expect(terminal.shown()).not.toContain('DANUBE');
    });

    it('runs one command on it, and outlives the Ctrl-C that ends the command', async () => {
      await using terminal = shell(protocol, 'sh', '-c', 'test -t 0 && test -t 1 && echo is a tty; sleep 300');
      await terminal.until('is a tty');
      terminal.order(String.raw`type \x03`);
      await terminal.until('client: code 130 verified true raw false');
      await terminal.until('pty: exit 0, modes as before');
    });

    it('gives the terminal back when its process is told to end', async () => {
      await using terminal = shell(protocol, 'sh');
      await terminal.until(/[#$] /);
      terminal.order('signal SIGTERM');
      await terminal.until('pty: exit -15, modes as before');
    });

    it('leaves nothing running when the terminal hangs up', async () => {
      const mark = randomUUID();
      await using terminal = shell(protocol, 'sh', '-c', `echo up; trap "" HUP; sleep 300; : ${mark}`);
      await terminal.until('up');
      terminal.order('hangup');
      await terminal.until('pty: hung up');
      // What held the terminal of a simulated container ends just after what ran on it.
      for (let tries = 0; tries < 40 && (await processesWith(mark)) !== ''; tries++) await sleep(50);
      expect(await processesWith(mark)).toBe('');
    });
  });
};
