import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterSim } from '../../src/index.ts';

type Field =
  | '0'
  | 'ca.crt'
  | 'apiVersion'
  | 'kind'
  | 'metadata'
  | 'spec'
  | 'status'
  | 'data'
  | 'items'
  | 'name'
  | 'namespace'
  | 'uid'
  | 'resourceVersion'
  | 'labels'
  | 'annotations'
  | 'finalizers'
  | 'deletionTimestamp'
  | 'deletionGracePeriodSeconds'
  | 'generation'
  | 'continue'
  | 'managedFields'
  | 'template'
  | 'containers'
  | 'phase'
  | 'conditions'
  | 'containerStatuses'
  | 'initContainerStatuses'
  | 'state'
  | 'waiting'
  | 'running'
  | 'terminated'
  | 'exitCode'
  | 'reason'
  | 'message'
  | 'details'
  | 'causes'
  | 'field'
  | 'code'
  | 'userInfo'
  | 'token'
  | 'authenticated'
  | 'rows'
  | 'cells'
  | 'resources'
  | 'groups'
  | 'preferredVersion'
  | 'gitVersion'
  | 'type';

/** A body that the tests look into: every field is there until it is looked at. */
export interface Loose extends Readonly<Record<Field, Loose>>, ReadonlyArray<Loose> {}

/** Names of the objects of a list, in order. */
export const namesOf = (list: Loose): string[] => list.items.map(({ metadata }) => str(metadata.name));

/** A field that must be a string. */
export const str = (value: Loose | undefined): string => {
  if (typeof value !== 'string') throw new Error(`not a string: ${JSON.stringify(value)}`);
  return value;
};

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: Loose;
}

export interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request; JSON bodies are parsed. */
export const call = (sim: ClusterSim, path: string, init: Call = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const token = 'token' in init ? init.token : sim.token;
    const payload = init.body === undefined ? '' : JSON.stringify(init.body);
    const outgoing = request(
      `${sim.url}${path}`,
      {
        method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
        ca: sim.caPem,
        agent: false,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(init.body === undefined
            ? {}
            : { 'content-type': init.contentType ?? 'application/json', 'content-length': Buffer.byteLength(payload) }),
          ...init.headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const json = response.headers['content-type']?.includes('json') === true && !text.includes('}\n{');
          const body = (json && text !== '' ? JSON.parse(text) : undefined) as Loose;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });

export interface WatchEvent {
  readonly type: string;
  readonly object: Loose;
}

/** A watch whose events are collected; `next` waits for the first that fits. */
export const watch = (sim: ClusterSim, path: string) => {
  const events: WatchEvent[] = [];
  const ended = Promise.withResolvers<undefined>();
  const outgoing = request(
    `${sim.url}${path}`,
    { ca: sim.caPem, agent: false, headers: { authorization: `Bearer ${sim.token}` } },
    (response) => {
      let rest = '';
      response.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        events.push(...lines.map((line) => JSON.parse(line) as WatchEvent));
      });
      response.on('end', () => ended.resolve(undefined));
      response.on('error', () => ended.resolve(undefined));
    },
  );
  outgoing.on('error', () => ended.resolve(undefined));
  outgoing.end();
  return {
    events,
    ended: ended.promise,
    stop: () => outgoing.destroy(),
    next: (fits: (event: WatchEvent) => boolean) => eventually(() => events.find(fits)),
  };
};

/** Waits until the function gives something else than undefined or false. */
export const eventually = async <T>(look: () => T | Promise<T>, timeoutMs = 8_000): Promise<NonNullable<T>> => {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false && found !== null) return found;
    if (performance.now() > deadline) throw new Error(`not seen within ${timeoutMs} ms`);
    await sleep(10);
  }
};

export interface PodInit {
  readonly name: string;
  readonly command?: readonly string[];
  readonly image?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly container?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A pod with one container `main` and no grace. */
export const podBody = ({ name, command, image = 'busybox:1', spec, container, metadata }: PodInit) => ({
  metadata: { name, ...metadata },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image, ...(command === undefined ? {} : { command }), ...container }],
    ...spec,
  },
});

export const createPod = async (sim: ClusterSim, init: PodInit): Promise<Answer> => {
  const answer = await call(sim, '/api/v1/namespaces/default/pods', { body: podBody(init) });
  if (answer.status !== 201) throw new Error(`pod not created: ${answer.text}`);
  return answer;
};

export const podPath = (name: string): string => `/api/v1/namespaces/default/pods/${name}`;

/** Waits until a pod is in a phase and returns it. */
export const podInPhase = (sim: ClusterSim, name: string, phase: string) =>
  eventually(async () => {
    const { body } = await call(sim, podPath(name));
    return String(body.status.phase) === phase ? body : undefined;
  });
