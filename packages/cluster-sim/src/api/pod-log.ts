import type { ServerResponse } from 'node:http';
import { containerOf } from '../exec/exec-request.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import { asPod } from '../pods/pod-types.ts';
import type { KubeObject } from '../objects.ts';
import { failures } from './api-status.ts';
import { queryFlag, queryInteger } from './request-info.ts';

const sinceOf = (query: URLSearchParams, now: Date): Date | undefined => {
  const seconds = queryInteger(query, 'sinceSeconds');
  if (seconds !== undefined) return new Date(now.getTime() - seconds * 1000);
  const time = query.get('sinceTime');
  return time === null ? undefined : new Date(time);
};

/** Serves `pods/NAME/log`. */
export const servePodLog = async (
  response: ServerResponse,
  object: KubeObject,
  { kubelet, query, now }: { kubelet: Kubelet; query: URLSearchParams; now: Date },
): Promise<void> => {
  const pod = asPod(object);
  const container = containerOf(pod, query.get('container'));
  const slot = kubelet.worker(pod.metadata.uid)?.slot(container);
  const previous = queryFlag(query, 'previous');
  const log = previous ? slot?.previousLog : slot?.log;
  if (log === undefined) {
    if (previous) {
      throw failures.badRequest(`previous terminated container "${container}" in pod "${pod.metadata.name}" not found`);
    }
    const reason = slot?.state.waiting?.reason ?? 'ContainerCreating';
    throw failures.badRequest(`container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${reason}`);
  }
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  response.flushHeaders();
  const parts = log.read({
    follow: queryFlag(query, 'follow'),
    timestamps: queryFlag(query, 'timestamps'),
    tailLines: queryInteger(query, 'tailLines'),
    limitBytes: queryInteger(query, 'limitBytes'),
    since: sinceOf(query, now),
    signal: abort.signal,
  });
  for await (const part of parts) {
    if (abort.signal.aborted) return;
    if (!response.write(part)) await drained(response);
  }
  response.end();
};

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
