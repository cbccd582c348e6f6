import { execSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { ExecStream, type Journal, type JournalChunk } from '../src/index.ts';
import { runLocally, startExecPeer } from '../src/testing/index.ts';
import { errorOf, shells, target, temporaryDirectory } from './support.ts';

async function collect(journal: Journal, onChunk: (chunk: JournalChunk) => unknown = () => undefined) {
  const output = { stdout: '', stderr: '' };
  const at = { stdout: -1, stderr: -1 };
  for await (const chunk of journal) {
    if (at[chunk.stream] !== -1) expect(chunk.offset).toBe(at[chunk.stream]);
    at[chunk.stream] = chunk.offset + chunk.data.length;
    output[chunk.stream] += chunk.data.toString('latin1');
    await onChunk(chunk);
  }
  return output;
}

const sha = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex');

const cases = shells.flatMap((shell) =>
  (['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const).map((protocol) => ({ name: shell.join(' '), shell, protocol })),
);

describe.each(cases)('attaching with $name over $protocol', ({ shell, protocol }) => {
  it('gives output as it is written, both streams, and the record', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }), protocols: [protocol] });
    const stream = new ExecStream(peer.client);
    const spec = { id: 'a', dir: dir.path, run: 'echo first; sleep 0.5; echo second; echo err >&2; exit 4' };
    const journal = stream.attach(target, spec);
    const times: number[] = [];
    const [output] = await Promise.all([
      collect(journal, () => times.push(performance.now())),
      stream.start(target, spec),
    ]);
    expect(output).toEqual({ stdout: 'first\nsecond\n', stderr: 'err\n' });
    expect(times[1]! - times[0]!).toBeGreaterThan(300);
    expect(await journal.exit).toMatchObject({ code: 4, reason: 'exit' });
  });

  it('goes on at any offset', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }), protocols: [protocol] });
    const stream = new ExecStream(peer.client);
    const spec = {
      id: 'a',
      dir: dir.path,
      run: 'i=0; while [ $i -lt 40000 ]; do echo "line $i"; i=$((i+1)); done; echo e >&2',
    };
    await stream.start(target, spec);
    const whole = (await collect(stream.attach(target, spec))).stdout;
    expect(whole).toHaveLength(428890);
    for (const stdout of [1, 65_535, 65_536, 200_001, whole.length]) {
      const rest = await collect(stream.attach(target, { ...spec, offsets: { stdout, stderr: 2 } }));
      expect(sha(rest.stdout)).toBe(sha(whole.slice(stdout)));
      expect(rest.stderr).toBe('');
    }
  });
});

describe('an attachment that is cut', () => {
  it('goes on without gap or repetition', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally() });
    const stream = new ExecStream(peer.client);
    const run = 'i=0; while [ $i -lt 20000 ]; do echo "out $i"; echo "err $i" >&2; i=$((i+1)); done; exit 9';
    const spec = { id: 'cut', dir: dir.path, run };
    await stream.start(target, spec);
    let cuts = 0;
    const journal = stream.attach(target, spec);
    const output = await collect(journal, () => {
      if (cuts >= 8 || Math.random() > 0.4) return;
      cuts++;
      peer.sessions.at(-1)?.reset();
    });
    const expected = (word: string): string => Array.from({ length: 20_000 }, (_, i) => `${word} ${i}\n`).join('');
    expect(sha(output.stdout)).toBe(sha(expected('out')));
    expect(sha(output.stderr)).toBe(sha(expected('err')));
    expect((await journal.exit).code).toBe(9);
  });

  it('leaves no relay behind when the reader walks away', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally() });
    const stream = new ExecStream(peer.client);
    const spec = { id: 'walk', dir: dir.path, run: 'echo up; sleep 30' };
    await stream.start(target, spec);
    for await (const chunk of stream.attach(target, spec)) {
      expect(String(chunk.data)).toBe('up\n');
      break;
    }
    const relays = (): number =>
      Number(
        execSync(`pgrep -fc -- '${dir.path} walk 0 0 danube:attac[h]' || true`, { shell: '/bin/bash' }).toString(),
      );
    for (let tries = 0; tries < 40 && relays() > 0; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(relays()).toBe(0);
    await stream.kill(target, spec, { graceMs: 0 });
  });

  it('says so when the pod is gone', async () => {
    await using peer = await startExecPeer({
      session: () => undefined,
      refuse: () => ({ status: 404, body: { message: 'pods "pod" not found', reason: 'NotFound' } }),
    });
    const error = await errorOf(collect(new ExecStream(peer.client).attach(target, { id: 'a', dir: '/d' })));
    expect(error).toMatchObject({ code: 'EXEC_REFUSED', status: 404 });
  });

  it('says so when the run is lost', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally() });
    const stream = new ExecStream(peer.client);
    const spec = { id: 'lost', dir: dir.path, run: 'echo out; sleep 60' };
    await stream.start(target, spec);
    const { readlink } = await import('node:fs/promises');
    const reading = collect(stream.attach(target, spec), async () =>
      process.kill(Number((await readlink(`${dir.path}/lost/claim`)).split('.')[0]), 'SIGKILL'),
    );
    expect(await errorOf(reading)).toMatchObject({ code: 'EXEC_LOST' });
    await stream.kill(target, spec, { graceMs: 0 });
  });
});
