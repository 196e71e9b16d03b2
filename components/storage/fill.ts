import type { StorageSummary } from "@/contract/storage";

/** Fuller than this, and the next turn may not fit. */
export const NEARLY_FULL = 0.8;

/** How much of a volume is in use; null where nobody knows how much it takes, or it is gone. */
export function shareOf(summary: Pick<StorageSummary, "sizeBytes" | "capacityBytes" | "storageState">): number | null {
  const { sizeBytes, capacityBytes, storageState } = summary;
  if (sizeBytes === null || capacityBytes === null || storageState === "evicted") return null;
  return sizeBytes / Math.max(1, capacityBytes);
}
