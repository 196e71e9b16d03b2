export { createKubernetesVolumes, type KubernetesVolumesOptions } from "./volumes";
