import type { Container, ResourceRequirements } from '@danube/k8s-client';
import type { ImagePullPolicy } from './job-pod-options.ts';
import { unprivileged, WORKER_UID } from './security.ts';

/** A program that runs beside the worker for the whole job, such as a database. The worker reaches it on `localhost`. */
export type ServiceContainer = {
  /** Unique in the pod; at most 63 of `a-z0-9-`. */
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly resources?: ResourceRequirements;
  /** User of its process; not 0. @default 1000 */
  readonly runAsUser?: number;
  /** When it is ready. Until then no step runs. @default as soon as its process runs */
  readonly ready?:
    | { readonly tcpPort: number }
    | { readonly httpPort: number; readonly path: string }
    | { readonly command: readonly string[] };
  /** How long it may take to become ready, in seconds. @default 60 */
  readonly readyTimeoutSeconds?: number;
};

/** The service as a native sidecar: an init container that stays. The kubelet starts what follows only when it is ready. */
export const serviceContainer = (service: ServiceContainer, imagePullPolicy: ImagePullPolicy): Container => ({
  name: service.name,
  image: service.image,
  imagePullPolicy,
  restartPolicy: 'Always',
  ...(service.command === undefined ? {} : { command: [...service.command] }),
  ...(service.args === undefined ? {} : { args: [...service.args] }),
  ...(service.env === undefined ? {} : { env: Object.entries(service.env).map(([name, value]) => ({ name, value })) }),
  ...(service.resources === undefined ? {} : { resources: service.resources }),
  ...(service.ready === undefined
    ? {}
    : {
        startupProbe: {
          ...probe(service.ready),
          periodSeconds: 1,
          failureThreshold: service.readyTimeoutSeconds ?? 60,
        },
      }),
  securityContext: unprivileged(service.runAsUser ?? WORKER_UID),
});

const probe = (ready: NonNullable<ServiceContainer['ready']>): NonNullable<Container['startupProbe']> => {
  if ('tcpPort' in ready) return { tcpSocket: { port: ready.tcpPort } };
  if ('httpPort' in ready) return { httpGet: { port: ready.httpPort, path: ready.path } };
  return { exec: { command: [...ready.command] } };
};
