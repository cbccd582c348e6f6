/** A kubeconfig for the reference server, as client-node takes it. */
export const clientNodeConfig = (env: NodeJS.ProcessEnv = process.env): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'bench',
        cluster: {
          server: env['BENCH_URL'],
          'certificate-authority-data': Buffer.from(env['BENCH_CA'] ?? '').toString('base64'),
        },
      },
    ],
    users: [{ name: 'bench', user: { token: 'bench' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  });
