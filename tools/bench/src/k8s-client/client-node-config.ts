/** A kubeconfig for the reference server, as client-node takes it. */
export const clientNodeConfig = (): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'bench',
        cluster: {
          server: process.env['BENCH_URL'],
          'certificate-authority-data': Buffer.from(process.env['BENCH_CA'] ?? '').toString('base64'),
        },
      },
    ],
    users: [{ name: 'bench', user: { token: 'bench' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  });
