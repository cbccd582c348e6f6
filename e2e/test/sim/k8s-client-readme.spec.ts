import { type ClusterSim, startClusterSim } from '@danube/cluster-sim';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(import.meta.dirname, '../../..');
const readme = readFileSync(join(root, 'packages/k8s-client/README.md'), 'utf8');
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

/** What each example must say; a page that grows one must say it here, too. */
const said = [
  /^Succeeded\n$/,
  /^visits: 1\n$/,
  /^default\/settings\n$/,
  /^(added: [a-z-]+\n)+true\n$/,
  /^\[ \{ field: '\.spec\.ingressClassName', manager: 'one' \} \]\n$/,
  /^leading\n$/,
];

describe('the examples in the README of k8s-client', () => {
  let sim: ClusterSim;
  let directory: string;
  beforeAll(async () => {
    sim = await startClusterSim({ images: {} });
    mkdirSync(join(root, 'tmp'), { recursive: true });
    directory = mkdtempSync(join(root, 'tmp/readme-'));
    writeFileSync(join(directory, 'kubeconfig'), sim.kubeconfig());
  });
  afterAll(async () => {
    await sim.close();
    rmSync(directory, { recursive: true });
  });

  const run = async (code: string) => {
    writeFileSync(join(directory, 'example.ts'), code);
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--conditions=@danube/source', 'example.ts'],
      {
        cwd: directory,
        env: { ...process.env, NODE_OPTIONS: '', KUBECONFIG: join(directory, 'kubeconfig') },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { stdout, stderr };
  };

  it('are all told apart here', () => {
    expect(examples).toHaveLength(said.length);
  });

  // In their order: some use what the one before has made.
  it.each(said.map((pattern, index) => [index + 1, pattern] as const))('number %s runs', async (number, pattern) => {
    const { stdout, stderr } = await run(examples[number - 1] ?? '');
    expect(stderr).toBe('');
    expect(stdout).toMatch(pattern);
  });
});
