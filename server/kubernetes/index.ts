export {
  type Claim,
  Cluster,
  type ClusterOptions,
  type Job,
  type Pod,
  type Preconditions,
  type Secret,
} from "./cluster";
export { isKubernetesProblem, type KubernetesProblem } from "./errors";
export { parseQuantity } from "./quantity";
