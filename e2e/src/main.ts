import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { KubeClient, loadConfig } from '@danube/k8s-client';
import { CommandError, run } from './command.ts';
import { registryImage } from './registry-image.ts';
import { deployDanube, type Kubectl } from './deploy.ts';
import { help } from './help.ts';

const root = join(import.meta.dirname, '../..');
const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=@danube/source'];
// They kill programs of the node, make clusters of their own, or need an image that was loaded.
const ownClusterOnly = [
  'node-faults.spec.ts',
  'k8s-client-restart.spec.ts',
  'cluster-tool.spec.ts',
  'registry.spec.ts',
  'coordinator-faults.spec.ts',
];
const say = (line: string): void => void process.stderr.write(`e2e: ${line}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    existing: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    name: { type: 'string', default: 'e2e' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const cluster = (args: readonly string[], input?: string): Promise<string> => {
  const which = values.existing ? ['--existing'] : ['--name', values.name];
  const tool = [...node, join(root, 'tools/cluster/src/main.ts'), ...which, ...args];
  return run(tool, input === undefined ? {} : { input });
};
const kubectl: Kubectl = (args, input) => cluster(['kubectl', ...args], input);

/** For people: `Kubernetes v1.34.4, source-built, https://127.0.0.1:12345`. */
const whatCluster = async (): Promise<string> => {
  const lines = (await cluster(['status'])).split('\n');
  return lines.find((line) => line.startsWith('Kubernetes')) ?? lines.join(', ');
};

const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  const startedMs = performance.now();
  const result = await work();
  say(`${what}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return result;
};

const loadImages = async (): Promise<void> => {
  const built = await run([...node, join(root, 'tools/images/src/main.ts'), 'build', 'coordinator', 'api-server']);
  await cluster(['load-image', ...built.trim().split('\n'), await registryImage(say)]);
};

const deploy = async (kubeconfig: string, dataDir: string): Promise<void> => {
  await using client = new KubeClient(await loadConfig({ kubeconfig }));
  await deployDanube(client, kubectl, dataDir);
};

const runTests = (kubeconfig: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const args = ['--experimental-vm-modules', ...node.slice(1), join(root, 'node_modules/jest/bin/jest.js')];
    const left = values.existing ? ['--testPathIgnorePatterns', ...ownClusterOnly] : [];
    if (values.existing) say(`left out, because they disturb a cluster: ${ownClusterOnly.join(', ')}`);
    const child = spawn(
      process.execPath,
      [...args, '--config', 'jest.real.config.mjs', ...left, '--', ...positionals],
      {
        cwd: join(root, 'e2e'),
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, KUBECONFIG: kubeconfig, DANUBE_CLUSTER: values.existing ? '' : values.name },
      },
    );
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });

const main = async (): Promise<number> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'danube-e2e-'));
  // An interrupt reaches the whole process group; the cluster is taken down by the `finally` below.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  try {
    const kubeconfig = (await timed('cluster up', () => cluster(['up']))).trim();
    if (!values.existing) await timed('images built and loaded', loadImages);
    await timed('api-server deployed', () => deploy(kubeconfig, dataDir));
    const code = await timed('tests', () => runTests(kubeconfig));
    say(`ran on ${await whatCluster()}`);
    if (code !== 0) await kubectl(['get', 'pods,events', '-A']).then((text) => process.stderr.write(text));
    return code === 0 ? 0 : 1;
  } finally {
    if (values.keep) say(`the cluster stays: npm run -s cluster -- down --name ${values.name}`);
    else if (!values.existing) await timed('cluster down', () => cluster(['down']));
    if (!values.keep) await rm(dataDir, { recursive: true, force: true });
  }
};

if (values.help) {
  process.stdout.write(help);
} else {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    say(error.message);
    process.exitCode = 3;
  }
}
