import { mkdir, readdir } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { ExecStream, forgoRun, isRunClaimed, readJournal } from '../src/index.ts';
import { runLocally, startExecPeer } from '../src/testing/index.ts';
import { errorOf, shells, target, temporaryDirectory } from './support.ts';

describe.each(shells.map((shell) => [shell.join(' '), shell] as const))('a run that is given up, in %s', (_, shell) => {
  it('never starts, and says that it is lost', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const run = { id: 'r', dir: dir.path };
    const stream = new ExecStream(peer.client);
    expect(await isRunClaimed(run)).toBe(false);
    expect(await forgoRun(run)).toBe('forgone');
    expect(await stream.start(target, { ...run, run: `echo ran >${dir.path}/ran` })).toEqual({ state: 'lost' });
    expect(await stream.probe(target, run)).toEqual({ state: 'lost' });
    expect(await stream.kill(target, run)).toEqual({ survivors: 0 });
    expect(await readdir(dir.path)).toEqual(['r']);
  });

  it('is not given up when it was started', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const run = { id: 'r', dir: dir.path };
    await new ExecStream(peer.client).start(target, { ...run, run: 'exit 4' });
    expect(await isRunClaimed(run)).toBe(true);
    expect(await forgoRun(run)).toBe('claimed');
    const journal = readJournal(run);
    for await (const chunk of journal) expect(chunk).toBeUndefined();
    expect(await journal.exit).toMatchObject({ code: 4, reason: 'exit' });
  });

  it('is either started or given up when both happen at once', async () => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const stream = new ExecStream(peer.client);
    for (let n = 0; n < 10; n++) {
      const run = { id: `r${n}`, dir: dir.path };
      await mkdir(`${dir.path}/r${n}`);
      const starting = stream.start(target, { ...run, run: `echo ran >${dir.path}/ran-${n}` });
      // A launcher needs some milliseconds, so that either is first now and then.
      await new Promise((resolve) => setTimeout(resolve, n * 3));
      const outcome = await forgoRun(run);
      const { state } = await starting;
      if (outcome === 'claimed') for await (const chunk of readJournal(run)) expect(chunk).toBeUndefined();
      expect({ outcome, state: state === 'lost' ? 'lost' : 'ran' }).toEqual(
        outcome === 'forgone' ? { outcome, state: 'lost' } : { outcome, state: 'ran' },
      );
      expect((await readdir(dir.path)).includes(`ran-${n}`)).toBe(outcome === 'claimed');
    }
  });
});

it('says so when the volume cannot be written', async () => {
  const run = { id: 'r', dir: '/proc/self' };
  expect(await errorOf(forgoRun(run))).toMatchObject({ code: 'EXEC_JOURNAL', started: 'maybe' });
});
