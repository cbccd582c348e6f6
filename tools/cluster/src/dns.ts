import { network } from './network.ts';

/** A Kubernetes object and where to apply it. */
export type Applied = { readonly path: string; readonly object: Readonly<Record<string, unknown>> };

// Two server blocks: in CoreDNS's chain `template` stands before `kubernetes` and would swallow its names.
const corefile = `cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        ttl 5
    }
    cache 5
}
.:53 {
    errors
    health :8080
    ready :8181
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`;

const system = '/api/v1/namespaces/kube-system';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const rbacVersion = 'rbac.authorization.k8s.io/v1';
const name = 'coredns';
const namespace = 'kube-system';

const rules = [
  { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
];

const podSpec = (image: string) => ({
  serviceAccountName: name,
  priorityClassName: 'system-cluster-critical',
  dnsPolicy: 'Default',
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name,
      image,
      imagePullPolicy: 'IfNotPresent',
      args: ['-conf', '/etc/coredns/Corefile'],
      volumeMounts: [{ name: 'config', mountPath: '/etc/coredns' }],
      ports: [
        { containerPort: 53, protocol: 'UDP', name: 'dns' },
        { containerPort: 53, protocol: 'TCP', name: 'dns-tcp' },
      ],
      readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
      securityContext: { capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] } },
    },
  ],
  volumes: [{ name: 'config', configMap: { name } }],
});

/** The cluster's DNS. Names outside the cluster do not exist: there is no way out. */
export const dnsObjects = (image: string): readonly Applied[] => {
  const selector = { 'k8s-app': 'kube-dns' };
  return [
    at(`${system}/serviceaccounts/${name}`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace },
    }),
    at(`${rbac}/clusterroles/system:coredns`, {
      apiVersion: rbacVersion,
      kind: 'ClusterRole',
      metadata: { name: 'system:coredns' },
      rules,
    }),
    at(`${rbac}/clusterrolebindings/system:coredns`, {
      apiVersion: rbacVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'system:coredns' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:coredns' },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    }),
    at(`${system}/configmaps/${name}`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { Corefile: corefile },
    }),
    at(`${system}/services/kube-dns`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace },
      spec: {
        clusterIP: network.dnsIp,
        selector,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        ],
      },
    }),
    at(dnsDeploymentPath, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: selector },
        template: { metadata: { labels: selector }, spec: podSpec(image) },
      },
    }),
  ];
};

/** Where the Deployment of the DNS server is. */
export const dnsDeploymentPath = '/apis/apps/v1/namespaces/kube-system/deployments/coredns';

const at = (path: string, object: Applied['object']): Applied => ({ path, object });
