export { createKubernetesExecutor, type KubernetesExecutorOptions } from "./executor";
export type { JobPolicy } from "./pod";
