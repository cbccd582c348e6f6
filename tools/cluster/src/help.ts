import { DEFAULT_NAME } from './settings.ts';

/** What `--help` prints. */
export const help = `A real one-node Kubernetes for tests.

Usage: npm run -s cluster -- <command> [options]

Commands
  up                  make the cluster, wait until it is usable, print the path of its kubeconfig
  down                end it and remove all that it left; does nothing when there is none
  status              say what runs; exit 0 when it is usable, 1 when it is not
  kubeconfig          print the path of the kubeconfig (export KUBECONFIG=$(npm run -s cluster -- kubeconfig))
  kubectl ARGS...     run the kubectl of the same build against it
  load-image FILE...  put images (OCI layout tars) into the node's container runtime
  restart COMPONENT   kill -9 one program of the node; it is started again. COMPONENT: apiserver, kubelet, containerd,
                      etcd, scheduler, controller-manager, proxy
  logs [COMPONENT]    print the path of the logs, or of one log

Options
  --name NAME     clusters of different names live side by side (default: ${DEFAULT_NAME})
  --port PORT     port of the API server on 127.0.0.1 for "up" (default: 0, any free one)
  --down-ms MS    how long "restart" leaves the program down (default: 0)
  --existing      use the cluster of KUBECONFIG; nothing is made or removed
  --help, -h      this text

Which Kubernetes: with --existing that of KUBECONFIG; else a k3s binary (K3S_BIN, or on PATH); else Kubernetes is built
from its Go module, once (about 8 minutes; kept below XDG_CACHE_HOME or ~/.cache, in danube/).

Making a cluster needs root on Linux. Missing Debian packages are installed by apt-get. Everything runs in namespaces
of its own: no interface, mount, firewall rule or kernel setting of the machine changes; the API server's port on
127.0.0.1 is the only thing to be seen from outside. There is no way from inside to any network.

Exit: 0 done, 1 "status" says not usable, 2 bad command line, 3 it did not work (the message says what to do).
`;
