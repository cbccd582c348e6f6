export { REGISTRY_NAME, REGISTRY_PORT, registryLabels } from './names.ts';
export { registryConfig } from './registry-config.ts';
export { registryManifests } from './registry-manifests.ts';
export { type RegistryOptions } from './registry-options.ts';
export { isRolledOut, waitForRegistry, type WaitForRegistryOptions } from './wait-for-registry.ts';
