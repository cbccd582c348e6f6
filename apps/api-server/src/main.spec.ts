import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readSettings, settingsTable } from './settings.ts';

const program = join(import.meta.dirname, 'main.ts');

const start = (args: readonly string[], env: Record<string, string> = {}) =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--conditions=@danube/source', program, ...args], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
  });

const run = async (args: readonly string[], env?: Record<string, string>) => {
  const child = start(args, env);
  const closed = once(child, 'close') as Promise<[number]>;
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { out, err, code };
};

describe('danube-api-server', () => {
  it('explains every setting', async () => {
    const { out, code } = await run(['--help']);
    expect(code).toBe(0);
    for (const name of Object.keys(settingsTable)) expect(out).toContain(`  ${name} `);
  });

  it.each([
    ['an unknown argument', ['--prot'], {}, 2, 'danube-api-server: unknown argument "--prot"; see --help\n'],
    [
      'a wrong setting',
      [],
      { DANUBE_PORT: 'x' },
      1,
      'danube-api-server: DANUBE_PORT: expected a whole number from 0 to 65535, got "x". Correct the setting; --help lists all of them.\n',
    ],
    ['no cluster', [], {}, 1, expect.stringMatching(/^danube-api-server: .*no cluster is configured.*\n$/)],
  ])('ends with one line for %s', async (...row) => {
    const [, args, env, wantCode, wantErr] = row;
    expect(await run(args, env as Record<string, string>)).toEqual({ out: '', err: wantErr, code: wantCode });
  });

  it('serves until TERM, saying what it does in lines of JSON', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'danube-main-'));
    const kubeconfig = join(dir, 'kubeconfig');
    const cluster = { name: 'c', cluster: { server: 'http://127.0.0.1:1' } };
    const contexts = [{ name: 'c', context: { cluster: 'c', user: 'u' } }];
    const config = { clusters: [cluster], contexts, users: [{ name: 'u', user: {} }], 'current-context': 'c' };
    writeFileSync(kubeconfig, JSON.stringify(config));
    const child = start([], { KUBECONFIG: kubeconfig, DANUBE_DATA_DIR: join(dir, 'data'), DANUBE_PORT: '0' });
    const closed = once(child, 'close');
    const err = text(child.stderr);
    let out = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      out += String(chunk);
      if (!child.killed && out.includes('api-server started')) child.kill('SIGTERM');
    }
    expect([(await closed)[0], await err]).toEqual([0, '']);
    const messages = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { message: string }).message);
    expect(messages).toEqual(expect.arrayContaining(['api-server started', 'stopping', 'api-server stopped']));
    rmSync(dir, { recursive: true });
  });
});

describe('readSettings', () => {
  it('takes a variable that is set to nothing as not set', () => {
    expect(readSettings({ DANUBE_PORT: '', DANUBE_INTERNAL_URL: '' })).toEqual(readSettings({}));
  });

  it.each(Object.keys(settingsTable).filter((name) => /PORT|URL|CONCURRENCY|_MS|LEVEL|POLICY|ROOT/.test(name)))(
    'refuses nonsense in %s by its name',
    (name) => {
      expect(() => readSettings({ [name]: 'nonsense' })).toThrow(
        expect.objectContaining({
          code: 'INVALID_SETTING',
          message: expect.stringMatching(`^${name}: expected .*, got "nonsense"`),
        }),
      );
    },
  );
});
