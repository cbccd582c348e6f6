import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './support/api.ts';

const root = join(import.meta.dirname, '..');

test('the first example of the README runs', async () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(15);
  mkdirSync(join(root, 'tmp'), { recursive: true }); // below the package, so that it can be imported by its name
  const directory = mkdtempSync(join(root, 'tmp/readme-'));
  writeFileSync(join(directory, 'example.ts'), example);
  const child = spawn(process.execPath, ['--conditions=@danube/source', 'example.ts'], { cwd: directory });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    await eventually(() => output.endsWith('\n'));
    expect(output).toMatch(/^https:\/\/127\.0\.0\.1:\d+\n$/);
    expect(existsSync(join(directory, 'sim.kubeconfig'))).toBe(true);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  } finally {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  }
});
