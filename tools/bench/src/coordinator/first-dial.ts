import type { JobSpec } from '@danube/contract';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { Benchmark } from '../benchmark.ts';
import { bound } from '../bound.ts';
import { pinned } from '../programs/run-program.ts';
import { median } from '../statistics.ts';
import { coordinatorProgram } from './program.ts';

const rounds = { quick: 7, normal: 15, full: 41 };
const MAX_MS = 150;

/** CO1: from the start of the process to the connection on which the first exec goes out. */
export const firstDial: Benchmark = {
  id: 'CO1',
  group: 'coordinator',
  title: 'from the start of the process to its first dial of the Kubernetes API',
  run: async (bench) => {
    const dir = await mkdtemp(join(tmpdir(), 'danube-bench-coordinator-'));
    const server = createServer((socket) => socket.destroy());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const env = await surroundings(dir, port);
      const program = await coordinatorProgram(dir);
      const bare = [process.execPath, '-e', `require('node:net').connect(${port}, '127.0.0.1').on('error', () => {})`];
      const dial = async (argv: readonly string[]): Promise<number> => {
        const startedMs = performance.now();
        const [command = '', ...args] = pinned(1, argv);
        const child = spawn(command, args, { env, stdio: 'ignore' });
        await once(server, 'connection');
        const tookMs = performance.now() - startedMs;
        child.kill('SIGKILL');
        await once(child, 'close');
        return tookMs;
      };
      const times: number[] = [];
      const bareTimes: number[] = [];
      for (let round = 0; round < rounds[bench.size]; round += 1) {
        bench.progress(`CO1: round ${round + 1} of ${rounds[bench.size]}`);
        times.push(await dial(program));
        bareTimes.push(await dial(bare));
      }
      bench.progress(`CO1: a Node that does nothing else dials after ${median(bareTimes).toFixed(0)} ms`);
      const figure = { id: 'CO1', metric: 'ms', subject: 'coordinator' };
      return [bound(figure, median(times), { atMost: MAX_MS })];
    } finally {
      server.close();
      await rm(dir, { recursive: true });
    }
  },
};

/** What a pod gives to its coordinator. */
const surroundings = async (dir: string, port: number): Promise<Record<string, string>> => {
  const spec: JobSpec = {
    version: 1,
    jobId: 'bench',
    attempt: 1,
    pipeline: { id: 'bench', workerImage: 'none', steps: [{ name: 'only', run: 'true' }] },
  };
  const [account, workspace] = [join(dir, 'account'), join(dir, 'workspace')];
  await mkdir(account);
  await mkdir(workspace);
  await writeFile(join(account, 'token'), 'none');
  await writeFile(join(account, 'namespace'), 'bench');
  await writeFile(join(account, 'ca.crt'), rootCertificates[0] ?? '');
  await writeFile(join(dir, 'job.json'), JSON.stringify(spec));
  // Nothing else: a variable of this process could change what is measured.
  return {
    PATH: process.env['PATH'] ?? '',
    DANUBE_POD_NAME: 'job-bench',
    DANUBE_JOB_SPEC: join(dir, 'job.json'),
    DANUBE_CONTROL: join(dir, 'control'),
    DANUBE_WORKSPACE: workspace,
    DANUBE_TERMINATION_LOG: join(dir, 'result'),
    DANUBE_SERVICE_ACCOUNT: account,
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(port),
  };
};
