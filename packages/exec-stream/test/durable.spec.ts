import { execFileSync } from 'node:child_process';
import { access, readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { ExecStream, type Journal, readJournal } from '../src/index.ts';
import { runLocally, startExecPeer } from '../src/testing/index.ts';
import { errorOf, shells, target, temporaryDirectory } from './support.ts';

async function collect(journal: Journal): Promise<{ stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' };
  for await (const { stream, data, offset } of journal) {
    expect(offset).toBe(Buffer.byteLength(output[stream]));
    output[stream] += data.toString();
  }
  return output;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Processes on this machine whose environment has this text. */
async function processesWith(text: string): Promise<number> {
  const { readdir } = await import('node:fs/promises');
  let count = 0;
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const environ = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (environ.includes(text)) count++;
  }
  return count;
}

describe.each(shells.map((shell) => [shell.join(' '), shell] as const))('a durable run in %s', (_, shell) => {
  it('writes both streams and proves how it ended', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const stream = new ExecStream(peer.client);
    const spec = {
      id: 'job-1',
      dir: dir.path,
      run: 'echo "$GREETING"; pwd; umask; echo again > /dev/stdout; echo oops >&2; exit 3',
      env: { GREETING: "it's\n  $HOME `fine`" },
      workingDir: dir.path,
    };
    expect(await stream.start(target, spec)).toEqual({ state: 'started' });
    const journal = readJournal(spec);
    const umask = execFileSync('sh', ['-c', 'umask']).toString().trim();
    expect(await collect(journal)).toEqual({
      stdout: `it's\n  $HOME \`fine\`\n${dir.path}\n${umask}\nagain\n`,
      stderr: 'oops\n',
    });
    expect(await journal.exit).toMatchObject({ code: 3, signal: null, reason: 'exit' });
    expect(await stream.start(target, spec)).toEqual({ state: 'exited' });
    expect((await stat(`${dir.path}/job-1/out.0`)).mode & 0o040).toBe(0o040);
  });

  it('runs an argument list as it is', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const spec = { id: 'r', dir: dir.path, run: ['printf', '%s|', "it's", '', '$x', '-e'] };
    await new ExecStream(peer.client).start(target, spec);
    expect((await collect(readJournal(spec))).stdout).toBe("it's||$x|-e|");
  });

  it('tells a death by signal from an exit with the same number', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const stream = new ExecStream(peer.client);
    // busybox says so only of a process that dies while it waits for it; what dies sooner has code 139 and signal null.
    for (const [id, run] of [
      ['a', 'sleep 0.3; kill -SEGV $$'],
      ['b', 'exit 139'],
    ] as const)
      await stream.start(target, { id, dir: dir.path, run });
    const [a, b] = ['a', 'b'].map((id) => readJournal({ id, dir: dir.path })) as [Journal, Journal];
    await Promise.all([collect(a), collect(b)]);
    expect(await a.exit).toMatchObject({ code: null, signal: 'SIGSEGV' });
    expect(await b.exit).toMatchObject({ code: 139, signal: null });
  });

  it('ends the whole tree at its time limit, daemons that ignore TERM included', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const run =
      'for i in 1 2 3; do setsid sh -c \'trap "" TERM; (sleep 77 & sleep 78) & sleep 79\' & done; echo up; sleep 60';
    const spec = { id: 'tree', dir: dir.path, run, timeoutMs: 300, graceMs: 200, env: { MARK: dir.path } };
    await new ExecStream(peer.client).start(target, spec);
    const journal = readJournal(spec);
    expect((await collect(journal)).stdout).toBe('up\n');
    const record = await journal.exit;
    expect(record.reason).toBe('timeout');
    // bash says nothing about a child that died of TERM, so nothing is claimed about it.
    expect([143, 'SIGTERM']).toContain(record.code ?? record.signal);
    expect(record.durationMs).toBeLessThan(3_000);
    expect(await processesWith(`MARK=${dir.path}`)).toBe(0);
  });

  it('kills a tree on request, also what has lost the cookie', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const stream = new ExecStream(peer.client);
    const daemon = `(setsid sh -c 'trap "" TERM; (KEEP=${dir.path} sleep 73 &) ; exit' &)`;
    const run = `${daemon}; env -i KEEP=${dir.path} sleep 71 & (env -i KEEP=${dir.path} sleep 72 &) ; trap "" TERM; echo up; while :; do sleep 1; done`;
    const spec = { id: 'k', dir: dir.path, run };
    await stream.start(target, spec);
    const journal = readJournal(spec);
    for await (const chunk of journal) {
      expect(String(chunk.data)).toBe('up\n');
      expect(await stream.kill(target, spec, { graceMs: 100 })).toEqual({ survivors: 0 });
    }
    expect(await journal.exit).toMatchObject({ signal: 'SIGKILL', reason: 'killed' });
    expect(await processesWith(`KEEP=${dir.path}`)).toBe(0);
    expect(await stream.kill(target, spec)).toEqual({ survivors: 0 });
  });

  it('does not wait for children that keep the pipe open; they are killed and counted', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const spec = { id: 's', dir: dir.path, run: 'sleep 70 & sleep 71 & echo done' };
    await new ExecStream(peer.client).start(target, spec);
    const journal = readJournal(spec);
    expect((await collect(journal)).stdout).toBe('done\n');
    const record = await journal.exit;
    expect(record).toMatchObject({ code: 0, strays: 2 });
    expect(record.durationMs).toBeLessThan(2_000);
  });

  it('caps the journal without stopping the command, and says so', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const run = 'head -c 5000000 /dev/zero; echo small >&2; exit 6';
    const spec = { id: 'cap', dir: dir.path, run, maxOutputBytes: 100_000, whenFull: 'truncate' as const };
    await new ExecStream(peer.client).start(target, spec);
    const journal = readJournal(spec);
    const { stdout, stderr } = await collect(journal);
    expect(stderr).toBe('small\n');
    const record = await journal.exit;
    expect(record).toMatchObject({ code: 6, incomplete: ['stdout'], bytes: { stdout: 100_000, stderr: 6 } });
    expect(stdout).toHaveLength(100_000);
  });

  it('runs once, however many start it', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const stream = new ExecStream(peer.client);
    const spec = { id: 'once', dir: dir.path, run: `echo ran >> ${dir.path}/runs; sleep 0.2` };
    const states = await Promise.all(Array.from({ length: 60 }, () => stream.start(target, spec)));
    expect(states.filter(({ state }) => state === 'started')).toHaveLength(1);
    await collect(readJournal(spec));
    expect(await readFile(`${dir.path}/runs`, 'utf8')).toBe('ran\n');
  });

  it('reports a run as lost when its launcher was killed, and never runs it again', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const stream = new ExecStream(peer.client);
    const spec = { id: 'lost', dir: dir.path, run: `echo ran >> ${dir.path}/runs; echo out; sleep 60` };
    await stream.start(target, spec);
    const { readlink } = await import('node:fs/promises');
    const journal = readJournal({ ...spec, probe: () => stream.probe(target, spec), probeAfterMs: 100 });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { data } of journal) {
        seen.push(data.toString());
        process.kill(Number((await readlink(`${dir.path}/lost/claim`)).split('.')[0]), 'SIGKILL');
      }
    })();
    expect(await errorOf(reading)).toMatchObject({ code: 'EXEC_LOST' });
    expect(await errorOf(journal.exit)).toMatchObject({ code: 'EXEC_LOST' });
    expect(seen).toEqual(['out\n']);
    expect(await stream.start(target, spec)).toEqual({ state: 'lost' });
    expect(await readFile(`${dir.path}/runs`, 'utf8')).toBe('ran\n');
    expect(await stream.kill(target, spec, { graceMs: 0 })).toEqual({ survivors: 0 });
  });
});

describe('starting a run', () => {
  it('starts nothing when the program arrives only in part', async () => {
    await using dir = await temporaryDirectory();
    let cut = true;
    await using peer = await startExecPeer({
      session: (session) => {
        if (!cut) {
          runLocally()(session);
          return;
        }
        cut = false;
        session.once('stdin', (bytes) => {
          runLocally()(session);
          session.emit('stdin', bytes.subarray(0, bytes.length - 5));
          session.reset();
        });
      },
    });
    const spec = { id: 'part', dir: dir.path, run: `echo ran >> ${dir.path}/runs` };
    expect(await new ExecStream(peer.client).start(target, spec)).toEqual({ state: 'started' });
    await collect(readJournal(spec));
    expect(await readFile(`${dir.path}/runs`, 'utf8')).toBe('ran\n');
  });

  it('is tried again until the container is there', async () => {
    await using dir = await temporaryDirectory();
    let tries = 0;
    await using peer = await startExecPeer({
      session: (session) => {
        if (++tries < 5) session.exit({ message: 'unable to upgrade connection: container not found ("worker")' });
        else runLocally()(session);
      },
    });
    expect(await new ExecStream(peer.client).start(target, { id: 'a', dir: dir.path, run: 'true' })).toEqual({
      state: 'started',
    });
    expect(tries).toBe(5);
  });

  it('says what is wrong with a container that cannot take it', async () => {
    await using peer = await startExecPeer({ session: runLocally() });
    const stream = new ExecStream(peer.client);
    const error = await errorOf(stream.start(target, { id: 'a', dir: '/proc/none', run: 'true' }, { retryForMs: 0 }));
    expect(error.message).toContain('/proc/none');
  });

  it.each([
    [{ id: '../x', dir: '/d', run: 'true' }, /id: expected/],
    [{ id: 'a', dir: 'd', run: 'true' }, /dir: expected an absolute path/],
    [{ id: 'a', dir: '/d', run: [] }, /run: expected/],
    [{ id: 'a', dir: '/d', run: 'true', env: { 'A B': '1' } }, /env: expected/],
    [{ id: 'a', dir: '/d', run: 'true', timeoutMs: -1 }, /timeoutMs: expected/],
    [{ id: 'a', dir: '/d', run: 'true', maxOutputBytes: 0 }, /maxOutputBytes: expected/],
    [{ id: 'a', dir: '/d', run: 'true', orphanAfterMs: 9_999 }, /orphanAfterMs: expected at least 10000/],
  ])('refuses %j before anything is sent', async (spec, message) => {
    const client = { upgradeRequest: () => Promise.reject(new Error('dialled')) };
    await expect(new ExecStream(client).start(target, spec)).rejects.toThrow(message);
  });

  it('kills with no other grace than a time', async () => {
    const client = { upgradeRequest: () => Promise.reject(new Error('dialled')) };
    const killing = new ExecStream(client).kill(target, { id: 'a', dir: '/d' }, { graceMs: Number.NaN });
    await expect(killing).rejects.toThrow(/graceMs: expected milliseconds, got NaN/);
  });

  it('keeps script and environment out of the request', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally() });
    await new ExecStream(peer.client).start(target, {
      id: 'a',
      dir: dir.path,
      run: 'echo hunter2',
      env: { P: 'hunter3' },
    });
    expect(decodeURIComponent(String(peer.sessions[0]?.request.query))).not.toMatch(/hunter/);
    expect(await exists(`${dir.path}/a/claim`)).toBe(false);
  });
});
