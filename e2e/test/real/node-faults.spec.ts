import { ExecStream, type ExecTarget, isExecError } from '@danube/exec-stream';
import { isPodRunning, KubeClient, loadConfig } from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { restart, usable } from '../support/restart-component.ts';

const namespace = `node-faults-${randomUUID().slice(0, 8)}`;
const target: ExecTarget = { namespace, pod: 'target', container: 'worker' };
const dir = '/danube';

let client: KubeClient;

const execText = async (stream: ExecStream, argv: readonly string[]): Promise<string> => {
  const session = stream.exec(target, argv, { retryForMs: 60_000 });
  session.stderr.resume();
  const chunks: Buffer[] = [];
  for await (const chunk of session.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
  await session.result;
  return Buffer.concat(chunks).toString();
};

describe('when programs of the node are killed', () => {
  beforeAll(async () => {
    client = new KubeClient(await loadConfig());
    await client.namespaces().ensure(namespace);
    await client.pods(namespace).create({
      metadata: { name: target.pod },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 1,
        automountServiceAccountToken: false,
        containers: [
          {
            name: target.container,
            image: 'danube.local/busybox:1',
            command: ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done'],
            volumeMounts: [{ name: 'control', mountPath: dir }],
          },
        ],
        volumes: [{ name: 'control', emptyDir: {} }],
      },
    });
    await client.pods(namespace).waitFor(target.pod, isPodRunning, { timeoutMs: 60_000 });
  });

  afterAll(async () => {
    await client.namespaces().delete(namespace);
    await client.close();
  });

  const failing = 'echo start; sleep 6; echo end; exit 3';

  it('takes no Success for an exit code after the kubelet died under a v5 exec of `exit 3`', async () => {
    const stream = new ExecStream(client, { protocols: ['v5.channel.k8s.io'] });
    const believing = stream.exec(target, ['sh', '-c', failing], { verify: 'none' });
    const proving = stream.exec(target, ['sh', '-c', failing]);
    for (const session of [believing, proving]) {
      session.stdout.resume();
      session.stderr.resume();
    }
    const ends = Promise.allSettled([believing.result, proving.result]);
    await sleep(2000);
    await restart('kubelet');
    const [believed, proven] = await ends;

    // What the server said is handed on only as what it is: unproven.
    if (believed.status === 'fulfilled') expect(believed.value.verified).toBe(false);
    expect(proven.status).toBe('rejected');
    expect(proven.status === 'rejected' && isExecError(proven.reason)).toBe(true);
    await usable();
  });

  it('reports the true exit code of a durable run that the kubelet’s death could not reach', async () => {
    const stream = new ExecStream(client);
    const run = { id: 'through-kubelet', dir };
    expect(await stream.start(target, { ...run, run: failing, env: {} })).toEqual({ state: 'started' });
    const journal = stream.attach(target, run, { retryForMs: 120_000 });
    const reading = (async () => {
      let text = '';
      for await (const { data } of journal) text += data.toString();
      return text;
    })();
    await sleep(2000);
    await restart('kubelet');

    expect(await reading).toBe('start\nend\n');
    expect(await journal.exit).toMatchObject({ code: 3, reason: 'exit' });
    await usable();
  });

  it('goes on reading a durable run when the API server is killed, and starts nothing twice', async () => {
    const stream = new ExecStream(client);
    const run = { id: 'through-apiserver', dir };
    const script =
      'echo run >>/danube/count; i=0; while [ $i -lt 60 ]; do echo line-$i; i=$((i+1)); sleep 0.1; done; exit 5';
    await stream.start(target, { ...run, run: script });
    const journal = stream.attach(target, run, { retryForMs: 120_000 });
    const reading = (async () => {
      let text = '';
      for await (const { data } of journal) text += data.toString();
      return text;
    })();
    await sleep(1500);
    await restart('apiserver');
    const again = await stream.start(target, { ...run, run: script }, { retryForMs: 60_000 });

    expect(['running', 'exited']).toContain(again.state);
    expect(await reading).toBe(Array.from({ length: 60 }, (_, line) => `line-${line}\n`).join(''));
    expect(await journal.exit).toMatchObject({ code: 5, reason: 'exit' });
    expect(await execText(stream, ['cat', '/danube/count'])).toBe('run\n');
  });
});
