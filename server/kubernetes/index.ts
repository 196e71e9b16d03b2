export {
  type Claim,
  Cluster,
  type ClusterEvent,
  type ClusterOptions,
  type Container,
  type ContainerStatus,
  type Job,
  type Pod,
  type PodSpec,
  type Preconditions,
  type Secret,
  type VolumeMount,
} from "./cluster";
export { isKubernetesProblem, type KubernetesProblem } from "./errors";
export { followChanges } from "./follow";
export { parseQuantity } from "./quantity";
