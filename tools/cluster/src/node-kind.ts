import type { Plan } from './inner/plan.ts';
import type { Need } from './packages.ts';
import type { Progress } from './progress.ts';
import type { Settings } from './settings.ts';

/** What a kind of node has built before it can start. */
export type NodeBuild = {
  /** For people: `Kubernetes v1.34.4, source-built`. */
  readonly description: string;
  /** Where its programs are. */
  readonly directory: string;
  /** OCI layout tars without which the node is of no use. */
  readonly images: readonly string[];
};

/** One way to have a node. Steps are called in this order, each once, under the cluster's lock. */
export type NodeKind = {
  /** What must be installed before. */
  readonly needs: readonly Need[];
  /** Builds or finds its programs; the result is shared by all clusters. */
  readonly build: (options: { readonly cacheDir: string; readonly progress: Progress }) => Promise<NodeBuild>;
  /** Writes the files of one cluster into its (existing) state directory. Starts nothing. */
  readonly prepare: (build: NodeBuild, target: { readonly settings: Settings; readonly port: number }) => Promise<Plan>;
  /** Called after the start, for a node that makes its own certificates: leaves the same files as `prepare` would. */
  readonly adopt?: (settings: Settings, port: number) => Promise<boolean>;
};
