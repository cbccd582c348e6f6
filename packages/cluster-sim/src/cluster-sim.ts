import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createApiListener, type ApiListener } from './api/api-listener.ts';
import { checkMayAct, KUBERNETES_VERSION, serveRequest } from './api/api-server.ts';
import { Authenticator } from './api/authenticator.ts';
import { accessOf, Authorizer } from './api/authorizer.ts';
import { known } from './api/kinds.ts';
import { makeDisturbances, type Disturbances } from './disturbances.ts';
import { ExecServer } from './exec/exec-server.ts';
import { Connections } from './faults/connections.ts';
import { FaultPlan, type Faults } from './faults/fault-plan.ts';
import { EventRecorder } from './kubelet/event-recorder.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import { nodeObject } from './kubelet/node.ts';
import { NODE_NAME, Scheduler } from './kubelet/scheduler.ts';
import { makeKubeconfig } from './kubeconfig.ts';
import { normalizeOptions, type ClusterSimOptions, type NormalizedOptions } from './options.ts';
import type { Pod } from './pods/pod-types.ts';
import { SimError } from './sim-error.ts';
import { cleanUpCustomResources } from './store/custom-resources.ts';
import { GarbageCollector } from './store/garbage-collector.ts';
import { KindCatalog } from './store/kind-catalog.ts';
import { NamespaceController } from './store/namespace-controller.ts';
import { ObjectApi } from './store/object-api.ts';
import { keepQuotas } from './store/quota-controller.ts';
import { Store } from './store/store.ts';
import { makeServerCertificates } from './tls/certificates.ts';
import { API_AUDIENCE, TokenSigner } from './tokens.ts';
import { startWatchdog } from './watchdog.ts';

/** A running simulator. */
export interface ClusterSim extends AsyncDisposable {
  /** Where the API server listens, e.g. `https://127.0.0.1:40123`. */
  readonly url: string;
  /** The CA that signed the server's certificate. */
  readonly caPem: string;
  /** Bearer token of an administrator. */
  readonly token: string;
  /** Directory with all files of this simulator; removed by {@link close}. */
  readonly dataDir: string;
  /** Faults that hit requests. */
  readonly faults: Faults;
  /** Things that go wrong in the cluster itself. */
  readonly disturb: Disturbances;
  /** A kubeconfig file's content, for kubectl and every client library. Contains the token. */
  kubeconfig(): string;
  /** Ends all containers and connections and removes all files. Safe to call twice. */
  close(): Promise<void>;
}

const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const DEFAULT_TOKEN_SECONDS = 3600;

const makeDirectory = (parent: string): string => {
  try {
    return mkdtempSync(join(parent, 'cluster-sim-'));
  } catch (error) {
    throw new SimError('DATA_DIR_UNUSABLE', parent, { cause: error });
  }
};

const listen = (server: ApiListener, { host, port }: NormalizedOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'ADDRESS_IN_USE' : 'ADDRESS_UNUSABLE';
      reject(new SimError(code, `${host}:${port}`, { cause: error }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });

const podToken =
  (signer: TokenSigner, objects: ObjectApi, now: () => Date) =>
  (pod: Pod, audience: string | undefined, expirationSeconds = DEFAULT_TOKEN_SECONDS): string => {
    const namespace = pod.metadata.namespace ?? '';
    const name = pod.spec.serviceAccountName ?? 'default';
    const account = objects.get({ kind: known.serviceAccounts, namespace, name });
    return signer.sign({
      namespace,
      serviceAccount: { name, uid: account.metadata.uid },
      pod: { name: pod.metadata.name, uid: pod.metadata.uid },
      node: NODE_NAME,
      audiences: [audience ?? API_AUDIENCE],
      expiresAt: new Date(now().getTime() + expirationSeconds * 1000),
    });
  };

/**
 * Starts a simulated cluster in this process: an API server with one node whose containers are local processes.
 *
 * There is **no isolation**: a container can read, write and kill what this process can.
 *
 * @throws SimError when it cannot listen or write its files.
 * @throws TypeError for options that make no sense.
 * @example
 * ```ts
 * await using sim = await startClusterSim();
 * await writeFile('kubeconfig', sim.kubeconfig());
 * ```
 */
export const startClusterSim = async (options: ClusterSimOptions = {}): Promise<ClusterSim> => {
  const settings = normalizeOptions(options);
  const { now, host } = settings;
  const { caPem, server: certificate } = makeServerCertificates(host, new Date());
  const simulatorId = randomBytes(8).toString('hex');
  const token = randomBytes(32).toString('base64url');
  const dataDir = makeDirectory(settings.dataDir);
  let watches = new AbortController();
  const stop = new AbortController();

  const store = new Store(settings.historyLimit);
  const catalog = new KindCatalog(store);
  const objects = new ObjectApi(store, catalog, now);
  const signer = new TokenSigner(now);
  const authorizer = new Authorizer(store, settings.rbac);
  const authenticator = new Authenticator({ adminToken: token, signer, store, authorizer });

  const server = createApiListener(certificate, { http2: settings.http2 });
  const connections = new Connections(server);
  const faults = new FaultPlan(settings.seed, settings.faults);
  const port = await listen(server, settings).catch((error: unknown) => {
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  });

  const watchdog = startWatchdog(simulatorId, dataDir);
  const kubelet = new Kubelet(
    objects,
    {
      store,
      recorder: new EventRecorder(objects, 'kubelet', now),
      images: settings.images,
      dataDir,
      simulatorId,
      api: { host, port },
      path: settings.path ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      statusDelayMs: settings.statusDelayMs,
      sources: {
        lookUp: (kind, namespace, name) => store.get(known[kind], namespace, name),
        token: podToken(signer, objects, now),
      },
      now,
      log: settings.log,
      onStart: ({ pid }) => watchdog.add(pid),
      onEnd: ({ pid }) => watchdog.remove(pid),
    },
    NODE_NAME,
  );
  const scheduler = new Scheduler(store, new EventRecorder(objects, 'default-scheduler', now), now);
  const namespaces = new NamespaceController(objects, catalog, { caPem, now });
  const collector = new GarbageCollector(objects, catalog);
  const endings = [cleanUpCustomResources(objects), keepQuotas(objects, catalog)];
  for (const name of SYSTEM_NAMESPACES)
    objects.create({ kind: known.namespaces, namespace: undefined }, { metadata: { name } });
  objects.create({ kind: known.nodes, namespace: undefined }, nodeObject(settings.node, KUBERNETES_VERSION, now()));

  const environment = {
    objects,
    kubelet,
    authenticator,
    authorizer,
    catalog,
    signer,
    bookmarkIntervalMs: settings.bookmarkIntervalMs,
    now,
    watchSignal: () => watches.signal,
    faults,
    connections,
  };
  const execServer = new ExecServer({
    objects,
    kubelet,
    protocols: settings.execProtocols,
    authorize: (request, url, target) => {
      const user = authenticator.userOf(request);
      checkMayAct(user, request, url);
      authorizer.check(user, accessOf(request.method ?? 'GET', target));
    },
    catalog,
    faults,
    connections,
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void serveRequest(request, response, environment);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    void execServer.handle(request, socket, head);
  });

  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const shutDown = async (): Promise<void> => {
    stop.abort();
    watches.abort();
    scheduler.close();
    namespaces.close();
    collector.close();
    for (const end of endings) end();
    execServer.close();
    const closed = new Promise((resolve) => server.close(resolve));
    connections.closeAll();
    await kubelet.close();
    await watchdog.dismiss();
    await closed;
    rmSync(dataDir, { recursive: true, force: true });
  };
  const disturb = makeDisturbances({
    store,
    kubelet,
    execServer,
    connections,
    server,
    address: { host, port },
    closing: stop.signal,
    endWatches: () => {
      watches.abort();
      watches = new AbortController();
    },
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= shutDown());

  return {
    url,
    caPem,
    token,
    dataDir,
    faults,
    disturb,
    kubeconfig: () => makeKubeconfig({ url, caPem, token }),
    close,
    [Symbol.asyncDispose]: close,
  };
};
