import { createHash } from 'node:crypto';
import { DATA_PATH, METRICS_PORT, REGISTRY_PORT } from './names.ts';

/**
 * The configuration of the registry (https://distribution.github.io/distribution/about/configuration/), as JSON, which is
 * YAML too. There is no blob descriptor cache: it answers for blobs that garbage collection has removed.
 */
export const registryConfig = ({ drainSeconds = 25 }: { readonly drainSeconds?: number } = {}): string =>
  JSON.stringify(
    {
      version: 0.1,
      log: { level: 'info', formatter: 'json', accesslog: { disabled: false } },
      storage: {
        filesystem: { rootdirectory: DATA_PATH },
        delete: { enabled: true },
        maintenance: { uploadpurging: { enabled: true, age: '24h', interval: '6h', dryrun: false } },
      },
      http: {
        addr: `:${REGISTRY_PORT}`,
        // Locations then work through a port-forward or the API server's proxy, too.
        relativeurls: true,
        draintimeout: `${drainSeconds}s`,
        headers: { 'X-Content-Type-Options': ['nosniff'] },
        debug: { addr: `:${METRICS_PORT}`, prometheus: { enabled: true, path: '/metrics' } },
      },
      health: { storagedriver: { enabled: true, interval: '10s', threshold: 3 } },
      validation: { manifests: { urls: { allow: ['^https?://'] } } },
    },
    undefined,
    2,
  );

/** Name of the ConfigMap: it changes with the content, so that a new configuration rolls the pod. */
export const configMapName = (config: string): string =>
  `registry-config-${createHash('sha256').update(config).digest('hex').slice(0, 8)}`;
