import type { Component } from '../components.ts';
import type { Layout } from '../layout.ts';

/** All that the process inside the namespaces is told; a JSON file. */
export type Plan = {
  readonly layout: Layout;
  readonly components: readonly Component[];
  /** OCI layout tars to import at the start. */
  readonly images: readonly string[];
  /** Reads an OCI layout tar from stdin into the container runtime. */
  readonly importImage: readonly string[];
  /** Ends with 0 as soon as the container runtime answers. */
  readonly probeRuntime: readonly string[];
  /** The kubectl of the same release; arguments follow. */
  readonly kubectl: readonly string[];
};

/** What `GET /status` of the control socket answers. */
export type NodeStatus = {
  readonly components: readonly ComponentStatus[];
  readonly images: { readonly imported: readonly string[]; readonly failed: readonly string[]; readonly done: boolean };
};

/** One program of the node. `pid` is as its own namespace counts. */
export type ComponentStatus = {
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'restarting';
  readonly pid?: number;
  readonly restarts: number;
};
