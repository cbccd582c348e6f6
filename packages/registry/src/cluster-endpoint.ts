import type { KubeClient } from '@danube/k8s-client';
import { RegistryError } from './errors/registry-error.ts';
import { type Endpoint, makeEndpoint } from './http/endpoint.ts';
import { REGISTRY_NAME, SYSTEM_NAMESPACE } from './names.ts';

/**
 * The way to the registry from outside the cluster: through the API server's proxy of Services, for whoever may use
 * `services/proxy`. Pushes and pulls of any size go through it. The API server takes `Authorization` for itself, so a
 * registry that asks for credentials cannot be reached in this way.
 * @throws Unsupported when the API server itself is behind a proxy
 * @example
 * await using oci = new OciClient({ registry: await clusterEndpoint(client) });
 */
export const clusterEndpoint = async (
  client: KubeClient,
  { namespace = SYSTEM_NAMESPACE }: { readonly namespace?: string | undefined } = {},
): Promise<Endpoint> => {
  // The API server writes the colon as it is into the Locations that it mends: they are compared with this path.
  const service = client.services(namespace).pathOf(`${REGISTRY_NAME}:registry`).replaceAll('%3A', ':');
  const path = `${service}/proxy`;
  const { url, tls, tunnel } = await client.upgradeRequest({ path });
  if (tunnel !== undefined)
    throw new RegistryError('Unsupported', { detail: 'the API server is reached through a proxy' });
  url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  const headers = async (): Promise<Readonly<Record<string, string>>> => {
    const { headers: all } = await client.upgradeRequest({ path });
    return Object.fromEntries(Object.entries(all).filter(([name]) => name.toLowerCase() !== 'user-agent'));
  };
  return makeEndpoint(url.href, { tls, headers });
};
