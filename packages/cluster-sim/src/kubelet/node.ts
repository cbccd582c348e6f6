import { arch, release } from 'node:os';
import { apiTime, type JsonObject } from '../objects.ts';
import { NODE_NAME } from './scheduler.ts';

/** What the node offers to pods. Quantities as Kubernetes writes them. */
export interface NodeCapacity {
  /** @default '64' */
  readonly cpu?: string;
  /** @default '256Gi' */
  readonly memory?: string;
  /** @default '1000' */
  readonly pods?: string;
  /** Labels beside the usual ones. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The Node object. Its capacity is what it is told to be: nothing is measured or enforced. */
export const nodeObject = (capacity: NodeCapacity, version: string, now: Date): JsonObject => {
  const amounts = {
    cpu: capacity.cpu ?? '64',
    memory: capacity.memory ?? '256Gi',
    pods: capacity.pods ?? '1000',
    'ephemeral-storage': '1Ti',
  };
  const architecture = arch() === 'x64' ? 'amd64' : arch();
  const time = apiTime(now);
  const condition = (type: string, status: string, reason: string): JsonObject => ({
    type,
    status,
    reason,
    message: 'simulated',
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  });
  return {
    metadata: {
      name: NODE_NAME,
      labels: {
        'kubernetes.io/hostname': NODE_NAME,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        ...capacity.labels,
      },
    },
    spec: {},
    status: {
      capacity: amounts,
      allocatable: amounts,
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('Ready', 'True', 'KubeletReady'),
      ],
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: NODE_NAME },
      ],
      nodeInfo: {
        kubeletVersion: version,
        kubeProxyVersion: version,
        containerRuntimeVersion: 'process://1',
        operatingSystem: 'linux',
        architecture,
        osImage: 'cluster-sim',
        kernelVersion: release(),
        machineID: '',
        systemUUID: '',
        bootID: '',
      },
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      images: [],
    },
  };
};
