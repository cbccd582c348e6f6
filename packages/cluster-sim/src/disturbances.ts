import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiListener } from './api/api-listener.ts';
import { known } from './api/kinds.ts';
import type { ExecServer } from './exec/exec-server.ts';
import type { Connections } from './faults/connections.ts';
import type { Kubelet } from './kubelet/kubelet.ts';
import type { PodWorker } from './kubelet/pod-worker.ts';
import { SimError } from './sim-error.ts';
import type { Store } from './store/store.ts';

/** A pod by name. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** Things that go wrong in a cluster without any request being at fault. */
export interface Disturbances {
  /** Forgets the history: every watch from an earlier resourceVersion and every older continue token gets 410. */
  compact(): void;
  /** Ends all exec sessions as the death of the kubelet does: Success and close 1000 on v5, close 1006 on v4. Containers run on. */
  loseKubelet(): void;
  /** Resets every connection at once. */
  dropConnections(): void;
  /** Stops the API server for a while; containers run on. `graceful` ends watches cleanly first, else all is reset. */
  restartApiServer(options?: { readonly downMs?: number; readonly graceful?: boolean }): Promise<void>;
  /** Evicts a pod: its containers are killed, and it is Failed with reason Evicted. @throws SimError POD_UNKNOWN */
  evict(pod: PodName, message?: string): Promise<void>;
  /** Kills a container's main process as the kernel does when memory is out: OOMKilled, 137. @throws SimError POD_UNKNOWN */
  oomKill(pod: PodName & { readonly container: string }): void;
}

/** What disturbances act on. */
export interface DisturbanceTargets {
  readonly store: Store;
  readonly kubelet: Kubelet;
  readonly execServer: ExecServer;
  readonly connections: Connections;
  readonly server: ApiListener;
  readonly address: { readonly host: string; readonly port: number };
  /** Ends all watches cleanly; later ones live on. */
  readonly endWatches: () => void;
  /** Aborted when the simulator is closed. */
  readonly closing: AbortSignal;
}

const DEFAULT_EVICTION = 'The node was low on resource: ephemeral-storage.';

const stopServer = async ({ server, execServer, connections, endWatches }: DisturbanceTargets, graceful: boolean) => {
  const closed = new Promise((resolve) => server.close(resolve));
  if (graceful) {
    endWatches();
    server.closeIdleConnections();
  } else connections.cutAll();
  execServer.terminateAll();
  // what is still being answered gets its answer; nothing waits for a client that keeps its connection open
  const late = setTimeout(() => connections.closeAll(), 1_000);
  await closed;
  clearTimeout(late);
  endWatches();
};

/** Makes the disturbances of a simulator. */
export const makeDisturbances = (targets: DisturbanceTargets): Disturbances => {
  const { store, kubelet, execServer, connections, server, address } = targets;
  const workerOf = ({ namespace, name }: PodName): PodWorker => {
    const uid = store.get(known.pods, namespace, name)?.metadata.uid;
    const worker = uid === undefined ? undefined : kubelet.worker(uid);
    if (worker === undefined) throw new SimError('POD_UNKNOWN', `${namespace}/${name}`);
    return worker;
  };
  return {
    compact: () => store.compact(),
    loseKubelet: () => execServer.loseKubelet(),
    dropConnections: () => connections.cutAll(),
    restartApiServer: async ({ downMs = 0, graceful = false } = {}) => {
      await stopServer(targets, graceful);
      await sleep(downMs, undefined, { signal: targets.closing }).catch(() => undefined);
      if (targets.closing.aborted) return;
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(address.port, address.host, () => {
          server.off('error', reject);
          resolve();
        });
      });
    },
    evict: async (pod, message = DEFAULT_EVICTION) => workerOf(pod).fail({ reason: 'Evicted', message }),
    oomKill: (pod) => {
      const slot = workerOf(pod).slot(pod.container);
      if (slot?.process === undefined)
        throw new SimError('POD_UNKNOWN', `${pod.namespace}/${pod.name}/${pod.container}`);
      slot.oomKilled = true;
      slot.process.kill();
    },
  };
};
