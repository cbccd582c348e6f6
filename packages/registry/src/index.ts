export {
  checkRegistry,
  type CheckName,
  type CheckOutcome,
  type CheckRegistryOptions,
  type RegistryHealth,
  type StorageFault,
} from './check/check-registry.ts';
export { clusterEndpoint } from './cluster-endpoint.ts';
export type { AppliedObject, ObjectOutcome } from './deploy/apply-objects.ts';
export { type DeployedRegistry, deployRegistry, type DeployRegistryOptions } from './deploy/deploy-registry.ts';
export {
  type UninstalledRegistry,
  uninstallRegistry,
  type UninstallRegistryOptions,
} from './deploy/uninstall-registry.ts';
export { REGISTRY_NAME, REGISTRY_PORT, registryLabels } from './names.ts';
export { registryConfig } from './registry-config.ts';
export { registryManifests } from './registry-manifests.ts';
export { type RegistryOptions, type RegistryStorage } from './registry-options.ts';
export { isRolledOut, waitForRegistry, type WaitForRegistryOptions } from './wait-for-registry.ts';

export { OciClient, type OciClientOptions } from './oci/oci-client.ts';
export { type CallOptions, type PushBlobOptions, Repository } from './oci/repository.ts';
export { type BlobSource, bytesSource, fileSource } from './oci/blob-source.ts';
export { type Descriptor, mediaTypes } from './oci/descriptor.ts';
export { digestOf, isDigest } from './oci/digest.ts';
export { type Manifest, parseManifest } from './oci/manifest.ts';
export { type ImageReference, parseReference, selectorOf } from './oci/reference.ts';
export type { RegistryCredentials } from './http/authorizer.ts';
export type { Clock } from './http/clock.ts';
export { type Endpoint, type EndpointOptions, makeEndpoint, type RegistryTls } from './http/endpoint.ts';

export { type CopiedImage, copyImage, type CopyImageOptions } from './transfer/copy-image.ts';
export type { BlobOutcome, ImageSource, ImageTarget, WriteBlobOptions } from './transfer/image-store.ts';
export { createLayout, openLayout, type WritableLayout } from './transfer/open-layout.ts';
export type { TransferEvent, TransferObserver } from './transfer/progress.ts';
export { type RepositoryPlace, repositoryStore } from './transfer/repository-store.ts';

export { codes, type RegistryErrorCode } from './errors/codes.ts';
export { hasCode, RegistryError } from './errors/registry-error.ts';
