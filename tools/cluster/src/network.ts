/** Addresses inside the cluster's own network namespace; the same for every cluster. */
export const network = {
  nodeIp: '10.200.0.1',
  podCidr: '10.244.0.0/24',
  serviceCidr: '10.96.0.0/16',
  serviceIp: '10.96.0.1',
  dnsIp: '10.96.0.10',
  domain: 'cluster.local',
  apiPort: 6443,
} as const;

/** Name of the only node. */
export const NODE_NAME = 'danube-node';
