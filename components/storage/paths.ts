import type { OrphanVolume, StorageSummary } from "@/contract/storage";

/** Where the API has a session's storage. */
export function storagePath({ sessionId }: Pick<StorageSummary, "sessionId">): string {
  return `/sessions/${encodeURIComponent(sessionId)}/storage`;
}

/** Where it has a volume that no session names. */
export function orphanPath({ name }: Pick<OrphanVolume, "name">): string {
  return `/storage/orphans/${encodeURIComponent(name)}`;
}
