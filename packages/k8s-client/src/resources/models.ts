/**
 * Kubernetes' objects as they are on the wire. The shapes come from client-node's generated models, types only, with
 * two corrections: times are texts, and no field is renamed (`_continue` is `continue`).
 */
import type * as models from '@kubernetes/client-node';

/** A generated model as it is in JSON. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T as Key extends `_${infer Name}` ? Name : Key]: Wire<T[Key]> }
      : T;

export type ObjectMeta = Wire<models.V1ObjectMeta>;

/** What every object has. */
export type KubeObject = { apiVersion?: string; kind?: string; metadata?: ObjectMeta };

export type Pod = Wire<models.V1Pod>;
export type PodSpec = Wire<models.V1PodSpec>;
export type PodStatus = Wire<models.V1PodStatus>;
export type PodCondition = Wire<models.V1PodCondition>;
export type Container = Wire<models.V1Container>;
export type ContainerStatus = Wire<models.V1ContainerStatus>;
export type ContainerState = Wire<models.V1ContainerState>;
export type EnvVar = Wire<models.V1EnvVar>;
export type Volume = Wire<models.V1Volume>;
export type VolumeMount = Wire<models.V1VolumeMount>;
export type ResourceRequirements = Wire<models.V1ResourceRequirements>;
export type SecurityContext = Wire<models.V1SecurityContext>;
export type PodSecurityContext = Wire<models.V1PodSecurityContext>;
export type OwnerReference = Wire<models.V1OwnerReference>;
export type LabelSelector = Wire<models.V1LabelSelector>;
export type Namespace = Wire<models.V1Namespace>;
export type CoreEvent = Wire<models.CoreV1Event>;
export type Service = Wire<models.V1Service>;
export type ConfigMap = Wire<models.V1ConfigMap>;
export type Secret = Wire<models.V1Secret>;
export type ServiceAccount = Wire<models.V1ServiceAccount>;
export type PersistentVolume = Wire<models.V1PersistentVolume>;
export type PersistentVolumeClaim = Wire<models.V1PersistentVolumeClaim>;
export type Node = Wire<models.V1Node>;
export type Deployment = Wire<models.V1Deployment>;
export type DaemonSet = Wire<models.V1DaemonSet>;
export type StatefulSet = Wire<models.V1StatefulSet>;
export type Job = Wire<models.V1Job>;
export type EndpointSlice = Wire<models.V1EndpointSlice>;
export type Lease = Wire<models.V1Lease>;
export type Role = Wire<models.V1Role>;
export type RoleBinding = Wire<models.V1RoleBinding>;
export type ClusterRole = Wire<models.V1ClusterRole>;
export type ClusterRoleBinding = Wire<models.V1ClusterRoleBinding>;
export type NetworkPolicy = Wire<models.V1NetworkPolicy>;
export type ResourceQuota = Wire<models.V1ResourceQuota>;
export type ValidatingAdmissionPolicy = Wire<models.V1ValidatingAdmissionPolicy>;
export type ValidatingAdmissionPolicyBinding = Wire<models.V1ValidatingAdmissionPolicyBinding>;
export type Scale = Wire<models.V1Scale>;
export type TokenRequest = Wire<models.AuthenticationV1TokenRequest>;
export type TokenReview = Wire<models.V1TokenReview>;
export type SelfSubjectReview = Wire<models.V1SelfSubjectReview>;
export type SelfSubjectAccessReview = Wire<models.V1SelfSubjectAccessReview>;
