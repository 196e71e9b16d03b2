export { type Claim, Cluster, type ClusterOptions, type Preconditions } from "./cluster";
export { isKubernetesProblem, KubernetesError, type KubernetesProblem } from "./errors";
