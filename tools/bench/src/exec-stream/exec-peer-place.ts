import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientNodeConfig } from '../k8s-client/client-node-config.ts';
import { goReference } from '../programs/go-reference.ts';
import { type ReferenceServer, startReferenceServer } from '../programs/reference-server.ts';
import { pinned } from '../programs/run-program.ts';
import type { ExecPlace } from './exec-contenders.ts';

/** An exec server made of prepared bytes on one processor, clients on the other. */
export type PeerPlace = ExecPlace & AsyncDisposable & { readonly server: ReferenceServer };

export const startPeerPlace = async (progress: (line: string) => void): Promise<PeerPlace> => {
  const program = await goReference(progress);
  const server = await startReferenceServer(program, 1);
  const directory = await mkdtemp(join(tmpdir(), 'danube-bench-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, clientNodeConfig(server.env));
  return {
    program,
    server,
    kubeconfig,
    env: {
      ...server.env,
      BENCH_NAMESPACE: 'danube-jobs',
      BENCH_POD: 'pod-000000',
      BENCH_CONTAINER: 'worker',
      HOME: directory,
      // That of a real node may be set, for the rows that need one.
      KUBECONFIG: kubeconfig,
    },
    on: (argv) => pinned(1, argv),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
};
