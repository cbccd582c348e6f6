import { KubeClient, type Pod } from '@danube/k8s-client';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one request in place of, or after, its normal handling. */
export type Fault =
  'lose-answer' | 'drop' | { readonly status: number; readonly reason: string; readonly message: string };

/** A tiny API server that keeps pods and does to each request what the test says. */
export type PodApi = AsyncDisposable & {
  readonly client: KubeClient;
  readonly pods: Map<string, Pod>;
  /** `POST`, `GET job-a`, `LIST`, `WATCH`, … in order. */
  readonly calls: string[];
  /** The next requests of this kind (`POST`, `LIST`, …) fail so, in order. */
  fail(kind: string, ...faults: Fault[]): void;
  /** Cuts every open watch; what happens to pods meanwhile is seen by no watch. */
  cutWatches(): void;
};

/** Starts it on a free port. */
export const startPodApi = async (): Promise<PodApi> => {
  const pods = new Map<string, Pod>();
  const calls: string[] = [];
  const faults = new Map<string, Fault[]>();
  const watches = new Set<ServerResponse>();
  let version = 10;

  const handle = (kind: string, name: string, body: string): { status: number; body: unknown } => {
    const found = pods.get(name);
    if (kind === 'POST') {
      const pod = JSON.parse(body) as Pod;
      const key = pod.metadata!.name!;
      if (pods.has(key)) return failure(409, 'AlreadyExists', `pods "${key}" already exists`);
      version += 1;
      const stored = { ...pod, metadata: { ...pod.metadata, uid: `uid-${version}`, resourceVersion: `${version}` } };
      pods.set(key, stored);
      return { status: 201, body: stored };
    }
    if (kind === 'LIST') {
      return { status: 200, body: { metadata: { resourceVersion: `${version}` }, items: [...pods.values()] } };
    }
    return found === undefined ? failure(404, 'NotFound', `pods "${name}" not found`) : { status: 200, body: found };
  };

  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://x');
      const name = url.pathname.split('/')[6] ?? '';
      const kind =
        request.method !== 'GET'
          ? request.method!
          : url.searchParams.has('watch')
            ? 'WATCH'
            : name === ''
              ? 'LIST'
              : 'GET';
      calls.push(`${kind} ${name}`.trim());
      const fault = faults.get(kind)?.shift();
      if (fault === 'drop') return request.socket.destroy();
      if (typeof fault === 'object') return answer(response, failure(fault.status, fault.reason, fault.message));
      if (kind === 'WATCH') {
        response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
        watches.add(response);
        return undefined;
      }
      const result = handle(kind, name, body);
      return fault === 'lose-answer' ? request.socket.destroy() : answer(response, result);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new KubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

  return {
    client,
    pods,
    calls,
    fail: (kind, ...list) => faults.set(kind, [...(faults.get(kind) ?? []), ...list]),
    cutWatches: () => {
      for (const watch of watches) watch.destroy();
      watches.clear();
    },
    [Symbol.asyncDispose]: async () => {
      await client.close({ graceMs: 0 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const failure = (status: number, reason: string, message: string) => ({
  status,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code: status },
});

const answer = (response: ServerResponse, { status, body }: { status: number; body: unknown }) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const readAll = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};
