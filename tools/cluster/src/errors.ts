/** What each failure of the tool means and what to do about it. The code is stable; the texts are for people. */
const table = {
  BadOption: { what: 'The command line is not understood', todo: 'See `npm run cluster -- --help`.', exitCode: 2 },
  NotLinux: {
    what: 'A cluster can only be made on Linux',
    todo: 'Use an existing cluster: set KUBECONFIG and pass --existing.',
    exitCode: 3,
  },
  NotRoot: {
    what: 'Making a cluster needs root',
    todo: 'Run it as root (sudo -E npm run cluster -- up), or pass --existing to use the cluster of KUBECONFIG.',
    exitCode: 3,
  },
  HostUnfit: { what: 'This machine cannot run a cluster', todo: 'Fix what is named, then try again.', exitCode: 3 },
  NoExistingCluster: {
    what: 'There is no existing cluster to use',
    todo: 'Point KUBECONFIG at a readable file of a running cluster, or leave out --existing.',
    exitCode: 3,
  },
  PackagesFailed: {
    what: 'Installing Debian packages failed',
    todo: 'Install the named packages by hand, then try again.',
    exitCode: 3,
  },
  BuildFailed: {
    what: 'Building Kubernetes failed',
    todo: 'Read the named log; a new try goes on where it ended.',
    exitCode: 3,
  },
  PkiFailed: { what: 'Making the certificates failed', todo: 'Check that openssl 3 works.', exitCode: 3 },
  PortInUse: {
    what: 'The port is in use',
    todo: 'Choose another with --port, or --port 0 for any free one.',
    exitCode: 3,
  },
  Busy: { what: 'Another run of this tool holds the lock', todo: 'Wait for it, or end that process.', exitCode: 3 },
  StartFailed: {
    what: 'The cluster did not start',
    todo: 'Read the named logs, then run `npm run cluster -- down`.',
    exitCode: 3,
  },
  StopFailed: {
    what: 'The cluster did not stop',
    todo: 'Look at the named processes, then run `down` again.',
    exitCode: 3,
  },
  NotRunning: {
    what: 'There is no running cluster of this name',
    todo: 'Start it: `npm run cluster -- up`.',
    exitCode: 3,
  },
  CommandFailed: { what: 'The cluster refused the command', todo: 'Read the named evidence.', exitCode: 3 },
} as const;

/** A failure of the cluster tool, by name. */
export type ClusterErrorCode = keyof typeof table;

/** A failure with what happened, why, and what to do. `exitCode` is what the command ends with. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly code: ClusterErrorCode;
  readonly exitCode: number;

  constructor(code: ClusterErrorCode, why: string, options?: ErrorOptions) {
    const { what, todo, exitCode } = table[code];
    super(`${what}: ${why.replace(/\.$/, '')}. ${todo}`, options);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** The text of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
