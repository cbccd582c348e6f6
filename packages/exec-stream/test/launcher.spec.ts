import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { type ExitRecord, readJournal } from '../src/index.ts';
import { launcherArgv, startProgram } from '../src/launcher/programs.ts';
import { quote } from '../src/launcher/shell.ts';
import { missingShells, shells, temporaryDirectory } from './support.ts';

for (const shell of missingShells) it.skip(`works in ${shell} (skipped: it is not on PATH)`, () => undefined);

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
    const program = startProgram({ id: 'r', dir: dir.path, run: 'echo hi' }, 'cafe').replaceAll(
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
    expect(launch(startProgram({ id: 'r', dir: dir.path, run, env }, 'cafe'), dir.path)).toBe('danube:started\n');
    let output = '';
    for await (const { data } of readJournal({ id: 'r', dir: dir.path })) output += data.toString();
    expect(output).toBe(`${nasty}\nmine\n/nowhere:/bin:/usr/bin\n`);
  });

  it('runs nothing of a program that is cut anywhere', async () => {
    await using dir = await temporaryDirectory();
    const program = startProgram({ id: 'r', dir: dir.path, run: 'echo hi' }, 'cafe');
    for (let cut = 1; cut < program.length - 2; cut += 397) launch(program.slice(0, cut), dir.path);
    expect(spawnSync('ls', ['-A', dir.path], { encoding: 'utf8' }).stdout).toBe('');
  });
});

it('does not send what a shell cannot hold', () => {
  expect(() => quote('a\0b')).toThrow(/NUL/);
});
