export { collectGarbage } from "./collect";
export { evictStorage } from "./evict";
export { getStorage } from "./get";
export { listStorage } from "./list";
export { type PreparedVolume, prepareVolume } from "./prepare-volume";
export { refreshStorage } from "./refresh";
export { type RepairReport, repairStorage } from "./repair";
export { restoreStorage } from "./restore";
