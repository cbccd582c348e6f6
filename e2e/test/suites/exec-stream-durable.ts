import { type ExecProtocol, ExecStream, type ExecTarget, type Journal } from '@danube/exec-stream';
import { isPodRunning, type KubeClient } from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';

/** What the suite needs of the cluster it runs on. */
export interface DurableCluster {
  readonly client: () => KubeClient;
  /** An image with `sh` and the tools of a standard busybox. */
  readonly image: string;
}

const protocols: readonly ExecProtocol[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const CONTROL = '/danube';
const CAP_BYTES = 200_000;
/** What is in the pipe when the command ends comes on top of the cap. */
const PIPE_BYTES = 65_536;
const LINES = 200_000;
const manyLines = `i=0; while [ $i -lt ${LINES / 10} ]; do printf '${'line\\n'.repeat(10)}'; i=$((i+1)); done; exit 4`;
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

async function readAll(journal: Journal): Promise<{ stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' };
  for await (const { stream, data } of journal) output[stream] += data.toString('latin1');
  return output;
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );

/** The contract of durable runs: start and read in one, the cap of a journal and how room is made, and the lease of an orphan. */
export const describeDurable = ({ client, image }: DurableCluster): void => {
  const target: ExecTarget = { namespace: `durable-${randomUUID().slice(0, 8)}`, pod: 'target', container: 'worker' };

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
            volumeMounts: [{ name: 'control', mountPath: CONTROL }],
          },
        ],
        volumes: [{ name: 'control', emptyDir: {} }],
      },
    });
    await pods.waitFor(target.pod, isPodRunning, { timeoutMs: 60_000 });
  });

  afterAll(() => client().namespaces().delete(target.namespace));

  const sh = async (script: string): Promise<string> => {
    const session = new ExecStream(client()).exec(target, ['sh', '-c', script]);
    session.stderr.resume();
    let text = '';
    for await (const chunk of session.stdout as AsyncIterable<Buffer>) text += chunk.toString();
    await session.result;
    return text.trim();
  };
  const keptBytes = async (id: string): Promise<number> =>
    Number(await sh(`cat ${CONTROL}/${id}/out.[0-9]* 2>/dev/null | wc -c`));

  const unique = (): { id: string; dir: string } => ({ id: `r-${randomUUID().slice(0, 8)}`, dir: CONTROL });

  it('ends what nobody watches any more, and leaves alone what somebody does', async () => {
    const spec = { dir: CONTROL, run: 'echo up; sleep 14; echo end', orphanAfterMs: 10_000, graceMs: 0 };
    const [left, watched] = [unique().id, unique().id];
    await new ExecStream(client()).start(target, { ...spec, id: left });
    const run = new ExecStream(client()).run(target, { ...spec, id: watched });
    expect(await readAll(run)).toEqual({ stdout: 'up\nend\n', stderr: '' });
    expect(await run.exit).toMatchObject({ code: 0, reason: 'exit' });
    const journal = new ExecStream(client()).attach(target, { id: left, dir: CONTROL });
    expect((await readAll(journal)).stdout).toBe('up\n');
    expect(await journal.exit).toMatchObject({ reason: 'orphaned' });
  });

  describe.each(protocols)('over %s', (protocol) => {
    const stream = (): ExecStream => new ExecStream(client(), { protocols: [protocol] });

    it('starts and reads a run in one, and again from its files', async () => {
      const spec = { ...unique(), run: 'echo ran >>"$0.count"; echo out; echo err >&2; exit 3' };
      const run = stream().run(target, spec);
      expect(await run.started).toEqual({ state: 'started' });
      expect(await readAll(run)).toEqual({ stdout: 'out\n', stderr: 'err\n' });
      expect(await run.exit).toMatchObject({ code: 3, reason: 'exit', bytes: { stdout: 4, stderr: 4 } });
      const again = stream().run(target, spec);
      expect(await readAll(again)).toEqual({ stdout: 'out\n', stderr: 'err\n' });
      expect(await again.started).toEqual({ state: 'exited' });
      expect(await sh(`cat ${CONTROL}/${spec.id}/script.count`)).toBe('ran');
    });

    it('is one run, however many begin it', async () => {
      const spec = { ...unique(), run: 'echo ran >>"$0.count"; sleep 0.5; echo out; exit 2' };
      const runs = Array.from({ length: 8 }, () => stream().run(target, spec));
      expect(await Promise.all(runs.map(readAll))).toEqual(runs.map(() => ({ stdout: 'out\n', stderr: '' })));
      const states = await Promise.all(runs.map(({ started }) => started));
      expect(states.filter(({ state }) => state === 'started')).toHaveLength(1);
      expect(await sh(`cat ${CONTROL}/${spec.id}/script.count`)).toBe('ran');
    });

    it('holds the command back at the cap, and frees what was acknowledged', async () => {
      const spec = { ...unique(), run: manyLines, maxOutputBytes: CAP_BYTES };
      await stream().start(target, spec);
      let before = -1;
      let kept = await keptBytes(spec.id);
      for (; kept !== before || kept === 0; kept = await keptBytes(spec.id)) before = kept;
      expect(kept).toBeLessThanOrEqual(CAP_BYTES);
      expect(await stream().probe(target, spec)).toEqual({ state: 'running' });

      const journal = stream().attach(target, spec);
      const hash = createHash('sha256');
      for await (const { stream: name, data, offset } of journal) {
        hash.update(data);
        journal.acknowledge({ [name]: offset + data.length });
      }
      expect(hash.digest('hex')).toBe(sha('line\n'.repeat(LINES)));
      expect(await journal.exit).toMatchObject({ code: 4, bytes: { stdout: 5 * LINES } });
      expect(await keptBytes(spec.id)).toBeLessThanOrEqual(CAP_BYTES + PIPE_BYTES);
      expect(await failure(readAll(stream().attach(target, spec)))).toMatchObject({ code: 'EXEC_FREED' });
    });

    it('throws away what comes after the cap when it may, and says so', async () => {
      const spec = { ...unique(), run: manyLines, maxOutputBytes: CAP_BYTES, whenFull: 'truncate' as const };
      const run = stream().run(target, spec);
      const { stdout } = await readAll(run);
      expect(stdout).toBe('line\n'.repeat(CAP_BYTES / 5));
      expect(await run.exit).toMatchObject({ code: 4, incomplete: ['stdout'] });
    });
  });
};
