import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { access, readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type ExitRecord, type Journal, readJournal } from '../src/index.ts';
import { killProgram, launcherArgv, probeProgram, relayProgram, startProgram } from '../src/launcher/programs.ts';
import { quote } from '../src/launcher/shell.ts';
import { missingShells, shells, temporaryDirectory } from './support.ts';

for (const shell of missingShells) it.skip(`works in ${shell} (skipped: it is not on PATH)`, () => undefined);

/** One of its own for each run: the search for processes sees the whole machine, and other runs of these tests on it. */
const cookie = (): string => randomBytes(16).toString('hex');

/** Waits until something is so; what throws is not so. */
async function until(condition: () => unknown): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      if ((await condition()) !== false) return;
    } catch (error) {
      if (tries > 500) throw error;
    }
    if (tries > 500) throw new Error(`expected ${String(condition)}`);
    await sleep(10);
  }
}

async function drain(journal: Journal): Promise<string> {
  let text = '';
  for await (const { data } of journal) text += data.toString();
  return text;
}

/** The processes that read the stdout of the run `r` in this directory. */
const pumps = (dir: string): number[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const { length } = readlinkSync(`/proc/${pid}/fd/0`).match(new RegExp(`^${dir}/r/?.*\\.out`)) ?? [];
        return length === 1 && !readFileSync(`/proc/${pid}/environ`, 'latin1').includes('DANUBE_RUN=');
      } catch {
        return false;
      }
    })
    .map(Number);

const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
  expect(pids.length).toBeGreaterThan(0);
  // The pump before its dd, so that it begins no other.
  for (const pid of pids) process.kill(pid, name);
};

describe.each(shells.map((shell) => [shell.join(' '), shell] as const))('the launcher in %s', (_, [file, ...args]) => {
  const launch = (program: string, dir: string): string => {
    const words = launcherArgv('start', [dir, 'r', '']).slice(1);
    const { stdout, stderr } = spawnSync(file, [...args, ...words], { input: program, encoding: 'utf8' });
    return stdout + stderr;
  };

  it('writes a record that can be read for a run that took no time', async () => {
    await using dir = await temporaryDirectory();
    await writeFile(`${dir.path}/uptime`, '0.08 0.00\n');
    // Time stands still, at a moment whose digits a shell could take for octal.
    const program = startProgram({ id: 'r', dir: dir.path, run: 'echo hi' }, cookie()).replaceAll(
      '/proc/uptime',
      `${dir.path}/uptime`,
    );
    expect(launch(program, dir.path)).toBe('danube:started\n');
    const journal = readJournal({ id: 'r', dir: dir.path });
    for await (const { data } of journal) expect(String(data)).toBe('hi\n');
    expect(await journal.exit).toMatchObject({ code: 0, durationMs: 0 } satisfies Partial<ExitRecord>);
  });

  it('keeps every value of the environment as it is', async () => {
    await using dir = await temporaryDirectory();
    const nasty = '\'"$(id)`id`\\\n\t~ * \x01 ü';
    const env = { NASTY: nasty, dnb_d: 'mine', IFS: 'x', PATH: '/nowhere:/bin:/usr/bin' };
    const run = ['printenv', 'NASTY', 'dnb_d', 'PATH'];
    expect(launch(startProgram({ id: 'r', dir: dir.path, run, env }, cookie()), dir.path)).toBe('danube:started\n');
    let output = '';
    for await (const { data } of readJournal({ id: 'r', dir: dir.path })) output += data.toString();
    expect(output).toBe(`${nasty}\nmine\n/nowhere:/bin:/usr/bin\n`);
  });

  it.each([
    ['it has claimed the run', 'dnb_claim', 'sleep 60'],
    ['it has begun the command', 'dnb_run &', 'sleep 60'],
    ['the command has ended', 'wait "$dnb_leader"', 'exit 0'],
  ])('leaves a run that is lost, and never started again, when it is killed once %s', async (_, line, end) => {
    await using dir = await temporaryDirectory();
    const spec = { id: 'r', dir: dir.path, run: `echo ran >>${dir.path}/runs; ${end}` };
    const lines = startProgram(spec, cookie()).split('\n');
    const at = lines.findIndex((text, index) => index > lines.indexOf('dnb_supervise() {') && text.startsWith(line));
    const program = lines.toSpliced(at + 1, 0, 'kill -s KILL "$dnb_self"').join('\n');
    launch(program, dir.path);
    await until(() => launch(probeProgram(), dir.path) !== 'danube:running\n');
    expect(launch(program, dir.path)).toBe('danube:lost\n');
    expect(launch(killProgram(0), dir.path)).toBe('danube:lost 0\n');
    const runs = await readFile(`${dir.path}/runs`, 'utf8').catch(() => '');
    expect(line === 'dnb_claim' ? [''] : ['', 'ran\n']).toContain(runs);
  });

  it('kills also a command that was only about to start', async () => {
    await using dir = await temporaryDirectory();
    const spec = { id: 'r', dir: dir.path, run: 'echo ran; sleep 20' };
    // Nothing tells this process from one of the launcher's own until it has its environment.
    const late = 'until [ -e "$dnb_d/reason" ]; do sleep 0.01; done; sleep 0.8';
    const program = startProgram(spec, cookie()).replace('export DANUBE_RUN=', `${late}\nexport DANUBE_RUN=`);
    expect(launch(program, dir.path)).toBe('danube:started\n');
    expect(launch(killProgram(0), dir.path)).toMatch(/^danube:(running|exited) 0\n$/);
    const journal = readJournal(spec);
    await drain(journal);
    const { code, signal, reason } = await journal.exit;
    expect(reason).toBe('killed');
    expect([143, 'SIGTERM', 'SIGKILL']).toContain(code ?? signal);
  });

  it('loses nothing when a pump is stopped for a while', async () => {
    await using dir = await temporaryDirectory();
    const run = 'i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done; read -r go <"${0%/*}/go"; echo end';
    const spec = { id: 'r', dir: dir.path, run: `mkfifo "\${0%/*}/go"; ${run}` };
    launch(startProgram(spec, cookie()), dir.path);
    await until(() => pumps(dir.path).length > 0);
    signal(pumps(dir.path), 'SIGSTOP');
    await writeFile(`${dir.path}/r/go`, 'go\n');
    await until(() => access(`${dir.path}/r/ended`));
    signal(pumps(dir.path), 'SIGCONT');
    const journal = readJournal(spec);
    const lines = Array.from({ length: 2000 }, (_, line) => `line ${line}\n`).join('');
    expect(await drain(journal)).toBe(`${lines}end\n`);
    expect((await journal.exit).incomplete).toBeUndefined();
  });

  it('does not wait for a pump that stays stopped, and says that its stream may not be complete', async () => {
    await using dir = await temporaryDirectory();
    const spec = { id: 'r', dir: dir.path, run: 'echo one; mkfifo "${0%/*}/go"; read -r go <"${0%/*}/go"; echo two' };
    launch(startProgram(spec, cookie()).replace('dnb_timer 2', 'dnb_timer 0.2'), dir.path);
    await until(async () => (await readFile(`${dir.path}/r/out.0`, 'utf8')) === 'one\n');
    signal(pumps(dir.path), 'SIGSTOP');
    await until(() => access(`${dir.path}/r/go`));
    await writeFile(`${dir.path}/r/go`, 'go\n');
    const journal = readJournal(spec);
    expect(await drain(journal)).toBe('one\n');
    expect(await journal.exit).toMatchObject({ code: 0, bytes: { stdout: 4 }, incomplete: ['stdout'] });
  });

  it('ends a run whose reader has fallen silent on an open connection, and not before', async () => {
    await using dir = await temporaryDirectory();
    const clock = `${dir.path}/uptime`;
    const onOurClock = (program: string): string => program.replaceAll('/proc/uptime', clock);
    const lease = (): Promise<string> => readFile(`${dir.path}/r/lease`, 'utf8');
    const spec = { id: 'r', dir: dir.path, run: 'echo up; sleep 60', orphanAfterMs: 10_000, graceMs: 0 };
    // At once, as /proc has it: a shell must not read half of it.
    const tell = async (second: number): Promise<void> => {
      await writeFile(`${clock}.next`, `${second}.00 0.00\n`);
      await rename(`${clock}.next`, clock);
    };
    await tell(100);
    const words = (operation: string, ...more: string[]): string[] =>
      launcherArgv(operation, [dir.path, 'r', ...more]).slice(1);
    const started = onOurClock(startProgram(spec, cookie())).replace('dnb_lease_look=2', 'dnb_lease_look=0.05');
    spawnSync(file, [...args, ...words('start', '')], { input: started });
    const relay = spawn(file, [...args, ...words('attach', '0', '0')], { stdio: ['pipe', 'pipe', 'inherit'] });
    relay.stdin.write(onOurClock(relayProgram()));
    const ended = once(relay, 'exit');
    // Not before: a shell may read more of stdin than its program.
    await once(relay.stdout, 'data');
    relay.stdout.resume();
    for (const second of [108, 116, 124, 132]) {
      const before = await lease();
      await tell(second);
      relay.stdin.write('w\n');
      await until(async () => (await lease()) !== before);
    }
    const probed = spawnSync(file, [...args, ...words('probe')], {
      input: onOurClock(probeProgram()),
      encoding: 'utf8',
    });
    expect(probed.stdout).toBe('danube:running\n');
    for (let second = 133; relay.exitCode === null; second++) {
      await tell(second);
      await sleep(20);
    }
    await ended;
    const journal = readJournal(spec);
    expect(await drain(journal)).toBe('up\n');
    expect(await journal.exit).toMatchObject({ reason: 'orphaned' });
  });

  it('runs nothing of a program that is cut anywhere', async () => {
    await using dir = await temporaryDirectory();
    const program = startProgram({ id: 'r', dir: dir.path, run: 'echo hi' }, cookie());
    for (let cut = 1; cut < program.length - 2; cut += 397) launch(program.slice(0, cut), dir.path);
    expect(spawnSync('ls', ['-A', dir.path], { encoding: 'utf8' }).stdout).toBe('');
  });
});

it('does not send what a shell cannot hold', () => {
  expect(() => quote('a\0b')).toThrow(/NUL/);
});
