/** What a kubeconfig is made of; all PEM. */
export type KubeconfigInput = {
  readonly server: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
};

/** A kubeconfig with one context. JSON, which every YAML reader takes. */
export const kubeconfigText = ({ server, ca, certificate, key }: KubeconfigInput): string => {
  const name = 'danube';
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [
      { name: 'admin', user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } },
    ],
    contexts: [{ name, context: { cluster: name, user: 'admin' } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
};
