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

/** Kubernetes' `ObjectMeta`, as it is on the wire. */
export type ObjectMeta = Wire<models.V1ObjectMeta>;

/** What every object has. */
export type KubeObject = { apiVersion?: string; kind?: string; metadata?: ObjectMeta };

/** Kubernetes' `Pod`, as it is on the wire. */
export type Pod = Wire<models.V1Pod>;
/** Kubernetes' `PodSpec`, as it is on the wire. */
export type PodSpec = Wire<models.V1PodSpec>;
/** Kubernetes' `PodStatus`, as it is on the wire. */
export type PodStatus = Wire<models.V1PodStatus>;
/** Kubernetes' `PodCondition`, as it is on the wire. */
export type PodCondition = Wire<models.V1PodCondition>;
/** Kubernetes' `Container`, as it is on the wire. */
export type Container = Wire<models.V1Container>;
/** Kubernetes' `ContainerStatus`, as it is on the wire. */
export type ContainerStatus = Wire<models.V1ContainerStatus>;
/** Kubernetes' `ContainerState`, as it is on the wire. */
export type ContainerState = Wire<models.V1ContainerState>;
/** Kubernetes' `EnvVar`, as it is on the wire. */
export type EnvVar = Wire<models.V1EnvVar>;
/** Kubernetes' `Volume`, as it is on the wire. */
export type Volume = Wire<models.V1Volume>;
/** Kubernetes' `VolumeMount`, as it is on the wire. */
export type VolumeMount = Wire<models.V1VolumeMount>;
/** Kubernetes' `ResourceRequirements`, as it is on the wire. */
export type ResourceRequirements = Wire<models.V1ResourceRequirements>;
/** Kubernetes' `SecurityContext`, as it is on the wire. */
export type SecurityContext = Wire<models.V1SecurityContext>;
/** Kubernetes' `PodSecurityContext`, as it is on the wire. */
export type PodSecurityContext = Wire<models.V1PodSecurityContext>;
/** Kubernetes' `OwnerReference`, as it is on the wire. */
export type OwnerReference = Wire<models.V1OwnerReference>;
/** Kubernetes' `LabelSelector`, as it is on the wire. */
export type LabelSelector = Wire<models.V1LabelSelector>;
/** Kubernetes' `Namespace`, as it is on the wire. */
export type Namespace = Wire<models.V1Namespace>;
/** Kubernetes' `Event`, as it is on the wire. */
export type CoreEvent = Wire<models.CoreV1Event>;
/** Kubernetes' `Service`, as it is on the wire. */
export type Service = Wire<models.V1Service>;
/** Kubernetes' `ConfigMap`, as it is on the wire. */
export type ConfigMap = Wire<models.V1ConfigMap>;
/** Kubernetes' `Secret`, as it is on the wire. */
export type Secret = Wire<models.V1Secret>;
/** Kubernetes' `ServiceAccount`, as it is on the wire. */
export type ServiceAccount = Wire<models.V1ServiceAccount>;
/** Kubernetes' `PersistentVolume`, as it is on the wire. */
export type PersistentVolume = Wire<models.V1PersistentVolume>;
/** Kubernetes' `PersistentVolumeClaim`, as it is on the wire. */
export type PersistentVolumeClaim = Wire<models.V1PersistentVolumeClaim>;
/** Kubernetes' `Node`, as it is on the wire. */
export type Node = Wire<models.V1Node>;
/** Kubernetes' `Deployment`, as it is on the wire. */
export type Deployment = Wire<models.V1Deployment>;
/** Kubernetes' `DaemonSet`, as it is on the wire. */
export type DaemonSet = Wire<models.V1DaemonSet>;
/** Kubernetes' `StatefulSet`, as it is on the wire. */
export type StatefulSet = Wire<models.V1StatefulSet>;
/** Kubernetes' `Job`, as it is on the wire. */
export type Job = Wire<models.V1Job>;
/** Kubernetes' `EndpointSlice`, as it is on the wire. */
export type EndpointSlice = Wire<models.V1EndpointSlice>;
/** Kubernetes' `Lease`, as it is on the wire. */
export type Lease = Wire<models.V1Lease>;
/** Kubernetes' `Role`, as it is on the wire. */
export type Role = Wire<models.V1Role>;
/** Kubernetes' `RoleBinding`, as it is on the wire. */
export type RoleBinding = Wire<models.V1RoleBinding>;
/** Kubernetes' `ClusterRole`, as it is on the wire. */
export type ClusterRole = Wire<models.V1ClusterRole>;
/** Kubernetes' `ClusterRoleBinding`, as it is on the wire. */
export type ClusterRoleBinding = Wire<models.V1ClusterRoleBinding>;
/** Kubernetes' `NetworkPolicy`, as it is on the wire. */
export type NetworkPolicy = Wire<models.V1NetworkPolicy>;
/** Kubernetes' `ResourceQuota`, as it is on the wire. */
export type ResourceQuota = Wire<models.V1ResourceQuota>;
/** Kubernetes' `ValidatingAdmissionPolicy`, as it is on the wire. */
export type ValidatingAdmissionPolicy = Wire<models.V1ValidatingAdmissionPolicy>;
/** Kubernetes' `ValidatingAdmissionPolicyBinding`, as it is on the wire. */
export type ValidatingAdmissionPolicyBinding = Wire<models.V1ValidatingAdmissionPolicyBinding>;
/** Kubernetes' `Scale`, as it is on the wire. */
export type Scale = Wire<models.V1Scale>;
/** Kubernetes' `TokenRequest`, as it is on the wire. */
export type TokenRequest = Wire<models.AuthenticationV1TokenRequest>;
/** Kubernetes' `TokenReview`, as it is on the wire. */
export type TokenReview = Wire<models.V1TokenReview>;
/** Kubernetes' `SelfSubjectReview`, as it is on the wire. */
export type SelfSubjectReview = Wire<models.V1SelfSubjectReview>;
/** Kubernetes' `SelfSubjectAccessReview`, as it is on the wire. */
export type SelfSubjectAccessReview = Wire<models.V1SelfSubjectAccessReview>;
