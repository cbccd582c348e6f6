/** A kubeconfig file (as JSON, which is YAML) for one cluster and one bearer token. */
export const makeKubeconfig = ({ url, caPem, token }: { url: string; caPem: string; token: string }): string =>
  `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'cluster-sim',
          cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') },
        },
      ],
      users: [{ name: 'cluster-sim', user: { token } }],
      contexts: [
        { name: 'cluster-sim', context: { cluster: 'cluster-sim', user: 'cluster-sim', namespace: 'default' } },
      ],
      'current-context': 'cluster-sim',
      preferences: {},
    },
    undefined,
    2,
  )}\n`;
