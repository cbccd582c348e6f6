import type { KubeClient } from '@danube/k8s-client';
import type { ApiServerProcess } from './api-server-process.ts';
import type { DanubeClient } from './danube-client.ts';
import type { Cut } from './link.ts';

/** Two parts of a running Danube that speak with each other. */
export const linkNames = [
  'api-server/kube-apiserver',
  'coordinator/kube-apiserver',
  'coordinator/api-server',
  'kube-apiserver/kubelet',
] as const;

/** One of {@link linkNames}. */
export type LinkName = (typeof linkNames)[number];

/** A job pod by name. */
export type PodName = { readonly namespace: string; readonly name: string };

/** A cluster that can be disturbed. */
export interface Ground extends AsyncDisposable {
  readonly client: KubeClient;
  readonly workerImage: string;
  /** Kubeconfig for the api-server: its connections to the cluster can be cut. */
  readonly kubeconfig: string;
  /** Further variables of the coordinators. */
  readonly coordinatorEnv: Readonly<Record<string, string>>;
  /** Lets coordinators reach the api-server at a port of this machine, and gives the URL for them. */
  openApi(port: number): Promise<string>;
  cut(link: LinkName, how: Cut, ms: number): Promise<void>;
  /** kill -9; it comes back by itself, and everything has come back when this resolves. */
  restart(part: 'kube-apiserver' | 'kubelet', downMs: number): Promise<void>;
  /** Lets a job use more memory than it may. */
  exhaustMemory(job: Victim): Promise<void>;
  /** Lets a job write more than its workspace may hold. */
  fillWorkspace(job: Victim): Promise<void>;
}

/** A job to which something is done. */
export type Victim = {
  readonly pod: PodName;
  /** Lets the step that talks run a script in the middle of its talk. */
  readonly order: (script: string) => Promise<void>;
};

/** A whole Danube on a cluster: jobs come in at `danube`, and leave their traces in `outside`. */
export interface World {
  readonly ground: Ground;
  readonly namespace: string;
  readonly api: ApiServerProcess;
  readonly danube: DanubeClient;
  /** Directory that every worker sees, and that stays when a pod goes. */
  readonly outside: string;
}

/** How much a workspace may hold in these jobs. */
export const WORKSPACE_SIZE = '16Mi';
