/** What `npm run e2e -- --help` prints. */
export const help = `The lifecycle tests on a real Kubernetes node.

Usage: npm run e2e -- [options] [JEST ARGS...]

Brings a cluster up (see npm run -s cluster -- --help), builds and loads the images of the coordinator and the
api-server, deploys the api-server from deploy/, runs test/real, and takes the cluster down again.

Options
  --existing   use the cluster of KUBECONFIG; the images danube-coordinator and danube-api must be known to its nodes
  --keep       leave the cluster up, to look at it or to run again sooner
  --name NAME  name of the cluster (default: e2e)
  --help, -h   this text

Exit: 0 all tests passed, 1 a test failed, 2 bad command line, 3 there was no cluster to run on.
`;
