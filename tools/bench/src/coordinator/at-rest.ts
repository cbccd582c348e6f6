import type { KubeClient as Client } from '@danube/k8s-client';
import { buildJobPod } from '@danube/pod-builder';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark } from '../benchmark.ts';
import { BenchError } from '../errors.ts';
import { bound } from '../bound.ts';
import { coordinatorProgram } from './program.ts';

const watchMs = { quick: 5000, normal: 20_000, full: 120_000 };
const NAMESPACE = 'danube-jobs';
const MAX_MIB = 60;
const MAX_CPU_MS_PER_SECOND = 2;
/** Time after the start of the step in which garbage of the start is collected. */
const SETTLE_MS = 3000;

/** CO2: what a coordinator costs while its step says nothing. */
export const atRest: Benchmark = {
  id: 'CO2',
  group: 'coordinator',
  title: 'memory and CPU while a quiet step runs',
  run: async (bench) => {
    const { startClusterSim } = await import('@danube/cluster-sim');
    const dir = await mkdtemp(join(tmpdir(), 'danube-bench-coordinator-'));
    try {
      const command = await coordinatorProgram(dir);
      await using sim = await startClusterSim({ images: { 'danube-coordinator:latest': { command } } });
      await writeFile(join(dir, 'kubeconfig'), sim.kubeconfig());
      const { KubeClient, loadConfig } = await import('@danube/k8s-client');
      await using client = new KubeClient(await loadConfig({ kubeconfig: join(dir, 'kubeconfig') }));
      await submitQuietJob(client, sim.dataDir);
      const pid = await processWith('DANUBE_POD_NAME=job-bench');
      await sleep(SETTLE_MS);
      const before = await usageOf(pid);
      await sleep(watchMs[bench.size]);
      const after = await usageOf(pid);
      bench.progress(`CO2: ${after.privateMib.toFixed(1)} MiB of it are its own, the rest is Node's program file`);
      const figure = (metric: string) => ({ id: 'CO2', metric, subject: 'coordinator' });
      const cpuMs = (after.cpuMs - before.cpuMs) / (watchMs[bench.size] / 1000);
      return [
        bound(figure('MiB resident'), after.residentMib, { atMost: MAX_MIB }),
        bound(figure('CPU ms/s'), cpuMs, { atMost: MAX_CPU_MS_PER_SECOND }),
      ];
    } finally {
      await rm(dir, { recursive: true });
    }
  },
};

/** Makes the pod of a job that is silent; resolves when its command runs. */
const submitQuietJob = async (client: Client, dataDir: string): Promise<void> => {
  await client.namespaces().ensure(NAMESPACE);
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'danube-coordinator' } };
  await client.serviceAccounts(NAMESPACE).create(account);
  const steps = [{ name: 'quiet', run: 'sleep 600' }];
  const pod = await client
    .pods(NAMESPACE)
    .create(buildJobPod({ id: 'bench', attempt: 1 }, { id: 'bench', workerImage: 'worker', steps }));
  const run = join(dataDir, 'pods', pod.metadata?.uid ?? '', 'volumes/control/step-0-1');
  for (const untilMs = performance.now() + 30_000; performance.now() < untilMs;) {
    if ((await readdir(run).catch(() => [] as string[])).includes('pid')) return;
    await sleep(50);
  }
  throw new BenchError('ProgramFailed', 'the step did not start within 30 s');
};

const processWith = async (variable: string): Promise<number> => {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(variable)) return Number(pid);
  }
  throw new BenchError('ProgramFailed', 'there is no process of the coordinator');
};

/** Clock ticks of `/proc` are hundredths of a second on Linux. */
const TICK_MS = 10;

const usageOf = async (pid: number) => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mib = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  // The name of the program comes first, in brackets, and may hold blanks.
  const stat = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return {
    residentMib: mib('VmRSS'),
    privateMib: mib('RssAnon'),
    cpuMs: (Number(stat[11]) + Number(stat[12])) * TICK_MS,
  };
};
