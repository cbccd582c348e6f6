import { type ExecProtocol, ExecStream, type ExecTarget, isExecError, type Journal } from '@danube/exec-stream';
import { isPodRunning, type KubeClient, type Pod } from '@danube/k8s-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';

/** What the suite needs of the cluster it runs on. */
export interface ExecCluster {
  readonly client: () => KubeClient;
  /** An image with `sh` and the tools of a standard busybox. */
  readonly image: string;
  /** How often one exec is repeated where many are needed. */
  readonly many: number;
}

const protocols: readonly ExecProtocol[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const CONTROL = '/danube';

async function read(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

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

/**
 * The contract of `@danube/exec-stream` on whatever cluster it is given: what it promises must hold behind a real API server, kubelet
 * and runtime, and the simulator has to agree with that.
 */
export const describeExecStream = ({ client, image, many }: ExecCluster): void => {
  const namespace = `exec-stream-${randomUUID().slice(0, 8)}`;
  const target: ExecTarget = { namespace, pod: 'target', container: 'worker' };

  const idlePod = (name: string): Pod => ({
    metadata: { name },
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

  beforeAll(async () => {
    await client().namespaces().ensure(namespace);
    await client().pods(namespace).create(idlePod(target.pod));
  });

  afterAll(() => client().namespaces().delete(namespace));

  it('starts a run as soon as the container takes it, without waiting for Ready', async () => {
    const stream = new ExecStream(client());
    const spec = { id: 'early', dir: CONTROL, run: 'echo early' };
    const until = Date.now() + 60_000;
    for (;;) {
      const error = await failure(stream.start(target, spec, { retryForMs: 60_000 }));
      if (error === 'no failure') break;
      if (Date.now() > until || !isExecError(error) || error.started !== 'no') throw error as Error;
    }
    expect(await readAll(stream.attach(target, spec))).toEqual({ stdout: 'early\n', stderr: '' });
    await client().pods(namespace).waitFor(target.pod, isPodRunning, { timeoutMs: 60_000 });
  });

  it('ends what runs in a pod that is deleted', async () => {
    const doomed = { ...target, pod: 'doomed' };
    const pods = client().pods(namespace);
    await pods.create(idlePod(doomed.pod));
    await pods.waitFor(doomed.pod, isPodRunning, { timeoutMs: 60_000 });
    const stream = new ExecStream(client());
    const session = stream.exec(doomed, ['sleep', '300']);
    const ref = { id: 'doomed', dir: CONTROL };
    await stream.start(doomed, { ...ref, run: 'echo up; sleep 300' });
    const reading = failure(readAll(stream.attach(doomed, ref)));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await pods.delete(doomed.pod);
    const codes = [
      'EXEC_POD_DELETED',
      'EXEC_CONTAINER_ENDED',
      'EXEC_CONNECTION_LOST',
      'EXEC_EXIT_UNKNOWN',
      'EXEC_REFUSED',
    ];
    expect(codes).toContain(((await failure(session.result)) as { code: string }).code);
    expect(codes.slice(0, 2)).toContain(((await reading) as { code: string }).code);
  });

  describe.each(protocols)('over %s', (protocol) => {
    const stream = (): ExecStream => new ExecStream(client(), { protocols: [protocol] });
    const run = async (script: string) => {
      const session = stream().exec(target, ['sh', '-c', script]);
      const [stdout, stderr, result] = await Promise.all([read(session.stdout), read(session.stderr), session.result]);
      return { stdout: stdout.toString(), stderr: stderr.toString(), result, protocol: session.protocol };
    };
    const unique = (): { id: string; dir: string } => ({ id: `r-${randomUUID().slice(0, 8)}`, dir: CONTROL });

    it('gives both streams apart, and a proven exit code', async () => {
      const { stdout, stderr, result, protocol: spoken } = await run('echo out; echo err >&2; exit 7');
      expect({ stdout, stderr, spoken }).toEqual({ stdout: 'out\n', stderr: 'err\n', spoken: protocol });
      expect(result).toMatchObject({ code: 7, signal: null, verified: true });
    });

    it('proves every kind of end', async () => {
      const wrong: number[] = [];
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let index = next++; index < many; index = next++) {
          const code = (index * 37) % 256;
          const { result, stdout } = await run(`echo ${index}; exit ${code}`);
          if (result.code !== code || !result.verified || stdout !== `${index}\n`) wrong.push(code);
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      expect(wrong).toEqual([]);
      expect((await run('kill -KILL $$')).result).toMatchObject({ code: null, signal: 'SIGKILL', verified: true });
      expect((await run('exit 137')).result).toMatchObject({ code: 137, signal: null, verified: true });
    });

    it('loses no byte of a large output', async () => {
      const session = stream().exec(target, ['sh', '-c', 'head -c 8388608 /dev/zero; echo end >&2']);
      const [stdout, stderr, result] = await Promise.all([read(session.stdout), read(session.stderr), session.result]);
      expect(stdout.length).toBe(8_388_608);
      expect(stderr.toString()).toBe('end\n');
      expect(result).toMatchObject({ code: 0, verified: true, bytes: { stdout: 8_388_608, stderr: 4 } });
    });

    it('hands a line on before the next one is written', async () => {
      const session = stream().exec(target, ['sh', '-c', 'echo first; read line; echo "got $line"'], { stdin: true });
      const lines = session.stdout[Symbol.asyncIterator]();
      expect(String((await lines.next()).value)).toBe('first\n');
      session.stdin?.write('it\n');
      expect(String((await lines.next()).value)).toBe('got it\n');
      expect(await session.result).toMatchObject({ code: 0, verified: true });
    });

    it('says that a program is not there', async () => {
      const session = stream().exec(target, ['no-such-program'], { verify: 'none' });
      const [, stderr, outcome] = await Promise.all([
        read(session.stdout),
        read(session.stderr),
        session.result.catch((error: unknown) => error),
      ]);
      expect(outcome).not.toMatchObject({ code: 0 });
      expect(`${String(outcome)} ${JSON.stringify(outcome)} ${stderr.toString()}`).toMatch(
        /not found|no such file|127|ENOENT/i,
      );
    });

    it('refuses a container that is not there as not started', async () => {
      const error = await failure(stream().exec({ ...target, container: 'nobody' }, ['true']).result);
      expect(error).toMatchObject({ started: 'no' });
    });

    it('refuses a pod that is not there with the words of the server', async () => {
      const error = await failure(stream().exec({ ...target, pod: 'nobody' }, ['true']).result);
      expect(error).toMatchObject({ code: 'EXEC_REFUSED', started: 'no', status: 404 });
      expect(String(error)).toContain('pods "nobody" not found');
    });

    it('ends the command at its time limit', async () => {
      const session = stream().exec(target, ['sh', '-c', 'setsid sleep 300 & wait'], { timeoutMs: 500, graceMs: 500 });
      session.stdout.resume();
      session.stderr.resume();
      expect(await failure(session.result)).toMatchObject({ code: 'EXEC_TIMEOUT', survivors: 0 });
    });

    it('runs once, however many start it, and gives all of it to every reader', async () => {
      const ref = unique();
      const script =
        'echo ran >>"$0.count"; i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done; echo e >&2; exit 3';
      const states = await Promise.all(
        Array.from({ length: 12 }, () => stream().start(target, { ...ref, run: script })),
      );
      expect(states.filter(({ state }) => state === 'started')).toHaveLength(1);
      const journals = [stream().attach(target, ref), stream().attach(target, ref)];
      const [first, second] = await Promise.all(journals.map(readAll));
      const lines = Array.from({ length: 2000 }, (_, index) => `line ${index}\n`).join('');
      expect(first).toEqual({ stdout: lines, stderr: 'e\n' });
      expect(second).toEqual(first);
      expect(await journals[0]?.exit).toMatchObject({ code: 3, signal: null, reason: 'exit' });
      expect((await run(`cat ${CONTROL}/${ref.id}/script.count`)).stdout).toBe('ran\n');
      expect(await stream().start(target, { ...ref, run: script })).toEqual({ state: 'exited' });
    });

    it('goes on at an offset', async () => {
      const ref = unique();
      await stream().start(target, { ...ref, run: 'head -c 300000 /dev/zero | tr "\\0" x; echo end' });
      const whole = createHash('sha256')
        .update(`${'x'.repeat(300_000)}end\n`.slice(123_457))
        .digest('hex');
      const { stdout } = await readAll(stream().attach(target, { ...ref, offsets: { stdout: 123_457, stderr: 0 } }));
      expect(createHash('sha256').update(stdout).digest('hex')).toBe(whole);
    });

    it('ends a tree at its time limit, although nobody is connected', async () => {
      const ref = unique();
      const daemons = 'for i in 1 2 3; do setsid sh -c \'trap "" TERM; sleep 300\' & done; echo up; sleep 300';
      await stream().start(target, { ...ref, run: daemons, timeoutMs: 700, graceMs: 300, env: { MARK: ref.id } });
      const journal = stream().attach(target, ref);
      expect((await readAll(journal)).stdout).toBe('up\n');
      const record = await journal.exit;
      expect(record.reason).toBe('timeout');
      expect(record.survivors).toBeUndefined();
      expect((await run(`grep -l MARK=${ref.id} /proc/[0-9]*/environ 2>/dev/null; true`)).stdout).toBe('');
    });

    it('kills a tree on request', async () => {
      const ref = unique();
      await stream().start(target, {
        ...ref,
        run: 'trap "" TERM; (setsid sleep 300 &); echo up; while :; do sleep 1; done',
      });
      const journal = stream().attach(target, ref);
      for await (const chunk of journal) {
        expect(String(chunk.data)).toBe('up\n');
        expect(await stream().kill(target, ref, { graceMs: 200 })).toEqual({ survivors: 0 });
      }
      expect(await journal.exit).toMatchObject({ signal: 'SIGKILL', reason: 'killed' });
    });

    it('reports a run as lost when its launcher was killed', async () => {
      const ref = unique();
      await stream().start(target, { ...ref, run: 'echo up; sleep 300' });
      const owner = (await run(`readlink ${CONTROL}/${ref.id}/claim`)).stdout.split('.')[0] ?? '';
      expect((await run(`kill -KILL ${owner}`)).result.code).toBe(0);
      expect(await stream().probe(target, ref)).toEqual({ state: 'lost' });
      expect(await failure(readAll(stream().attach(target, ref)))).toMatchObject({ code: 'EXEC_LOST' });
      expect(await stream().start(target, { ...ref, run: 'echo again' })).toEqual({ state: 'lost' });
      expect(await stream().kill(target, ref, { graceMs: 0 })).toEqual({ survivors: 0 });
    });
  });
};
