import { startClusterSim } from '@danube/cluster-sim';
import { COORDINATOR_IMAGE } from '@danube/contract/names';
import { KubeClient } from '@danube/k8s-client';
import { setTimeout as sleep } from 'node:timers/promises';
import { Link } from './link.ts';
import { type Ground, WORKSPACE_SIZE } from './world.ts';

/** What a {@link simGround} needs. */
export type SimGroundOptions = {
  /** The bundled coordinator. */
  readonly coordinator: string;
  readonly seed: number;
};

// As on a node: the status of a pod is behind what happens in it.
const STATUS_DELAY_MS = 200;

/** The simulator, with a link that can be cut between any two of its parts and Danube's. */
export const simGround = async ({ coordinator, seed }: SimGroundOptions): Promise<Ground> => {
  const parts = new AsyncDisposableStack();
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', coordinator];
  const sim = parts.use(
    await startClusterSim({ images: { [COORDINATOR_IMAGE]: { command } }, statusDelayMs: STATUS_DELAY_MS, seed }),
  );
  const here = { host: '127.0.0.1', port: 0 };
  const there = { host: '127.0.0.1', port: Number(new URL(sim.url).port) };
  const client = parts.use(new KubeClient({ server: sim.url, caPem: sim.caPem, token: sim.token, source: 'chaos' }));
  const apiServers = parts.use(await Link.open(here, there));
  const coordinators = parts.use(await Link.open(here, there));
  let reports: Link | undefined;
  return {
    client,
    workerImage: 'local:1',
    kubeconfig: sim.kubeconfig().replaceAll(sim.url, `https://127.0.0.1:${apiServers.port}`),
    coordinatorEnv: { KUBERNETES_SERVICE_PORT: String(coordinators.port) },
    openApi: async (port) => {
      reports = parts.use(await Link.open(here, { host: '127.0.0.1', port }));
      return `http://127.0.0.1:${reports.port}`;
    },
    cut: async (link, how, ms) => {
      if (link === 'api-server/kube-apiserver') await apiServers.cut(how, ms);
      else if (link === 'coordinator/kube-apiserver') await coordinators.cut(how, ms);
      else if (link === 'coordinator/api-server') await reports?.cut(how, ms);
      else {
        // The simulator is both in one: its sessions end, and for a while it begins no others. What TCP sends into a
        // silence comes through after it.
        const fault = sim.faults.add({
          match: { verb: 'connect' },
          action: how === 'reset' ? { type: 'status', code: 500, message: DIAL_FAILED } : { type: 'delay', ms },
          times: Number.MAX_SAFE_INTEGER,
        });
        sim.disturb.loseKubelet();
        await sleep(ms);
        fault.remove();
      }
    },
    restart: async (part, downMs) => {
      if (part === 'kube-apiserver') await sim.disturb.restartApiServer({ downMs });
      else sim.disturb.loseKubelet();
    },
    exhaustMemory: ({ pod }) => {
      sim.disturb.oomKill({ ...pod, container: 'worker' });
      return Promise.resolve();
    },
    fillWorkspace: ({ pod }) =>
      sim.disturb.evict(pod, `Usage of EmptyDir volume "workspace" exceeds the limit "${WORKSPACE_SIZE}". `),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
};

const DIAL_FAILED = 'error dialing backend: dial tcp 127.0.0.1:10250: connect: connection refused';
