export { readCache, writeCache } from "./cache-file";
export { checkWriter, takeVolume, VolumeTakenError } from "./epoch";
export { ensureVolume, VolumeError, type VolumeLayout, volumeLayout } from "./layout";
export { Entry, Manifest } from "./manifest";
export { emptyCache, type PackCache, type PackedVolume, packVolume } from "./pack";
export { findRollouts, listRollouts, repairRollouts } from "./repair";
export { findRestored, readManifest, restoreVolume } from "./restore";
export { SegmentReader } from "./segment-reader";
export type { Segment } from "./segments";
