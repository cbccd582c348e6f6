import { ClusterError } from './errors.ts';
import type { Env } from './settings.ts';

/** Which Kubernetes is used. */
export type Engine =
  | { readonly kind: 'existing'; readonly kubeconfig: string }
  | { readonly kind: 'k3s'; readonly binary: string }
  | { readonly kind: 'source' };

/** What the choice is made from. */
export type EngineInput = {
  /** `--existing` was given. */
  readonly existing: boolean;
  readonly env: Env;
  /** Finds an executable by path or on PATH. */
  readonly which: (program: string) => string | undefined;
};

/** The engine, and one line for people for each candidate: taken or why not. */
export type EngineChoice = { readonly engine: Engine; readonly considered: readonly string[] };

/** Chooses, in this order: the cluster of KUBECONFIG (only when asked for), a k3s binary, Kubernetes from source. */
export const chooseEngine = ({ existing, env, which }: EngineInput): EngineChoice => {
  const kubeconfig = env['KUBECONFIG'];
  if (existing) {
    if (kubeconfig === undefined || kubeconfig === '')
      throw new ClusterError('NoExistingCluster', 'KUBECONFIG is not set');
    return { engine: { kind: 'existing', kubeconfig }, considered: [`existing cluster: taken, ${kubeconfig}`] };
  }
  const considered = [
    kubeconfig === undefined || kubeconfig === ''
      ? 'existing cluster: no (not asked for with --existing)'
      : 'existing cluster: no (KUBECONFIG is set, but --existing is not given)',
  ];
  const wanted = env['K3S_BIN'];
  const binary = which(wanted ?? 'k3s');
  if (wanted !== undefined && binary === undefined) {
    throw new ClusterError('HostUnfit', `K3S_BIN is not an executable file: ${wanted}`);
  }
  if (binary !== undefined) {
    return { engine: { kind: 'k3s', binary }, considered: [...considered, `k3s binary: taken, ${binary}`] };
  }
  return {
    engine: { kind: 'source' },
    considered: [...considered, 'k3s binary: no (no K3S_BIN, none on PATH)', 'Kubernetes from its Go module: taken'],
  };
};
