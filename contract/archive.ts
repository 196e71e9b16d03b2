import { z } from "zod";
import { Int32, RecordId } from "./ids";
import { jsonObject } from "./json";
import { Sha256 } from "./storage";

/**
 * Maximum size of a segment, compressed, in bytes. Rollouts are cut into segments of at most 8 MiB before compression.
 */
export const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;

export const MissingSegmentsInput = z.strictObject({
  sessionId: RecordId,
  leaseEpoch: Int32.optional(),
  digests: z.array(Sha256).max(10_000),
});
export type MissingSegmentsInput = z.infer<typeof MissingSegmentsInput>;
export const CommitManifestInput = z.strictObject({
  runId: RecordId,
  leaseEpoch: Int32.optional(),
  /** The volume's manifest as defined by `volume/manifest.ts`, which also checks its schema. */
  manifest: jsonObject(32 * 1024 * 1024),
});
export type CommitManifestInput = z.infer<typeof CommitManifestInput>;
/** What an archiver packed. Its token says which session it belongs to. */
export const StoreArchiveInput = z.strictObject({ manifest: jsonObject(32 * 1024 * 1024) });
export type StoreArchiveInput = z.infer<typeof StoreArchiveInput>;
export const GetManifestInput = z.strictObject({ sessionId: RecordId });
export const ManifestRecord = z.object({
  manifestId: z.string(),
  sessionId: z.string(),
  sizeBytes: z.number(),
  filesCount: z.number(),
  sha256: z.string(),
  createdAt: z.string(),
});
export type ManifestRecord = z.infer<typeof ManifestRecord>;
/** A manifest with its content, for a restore. */
export const StoredManifest = ManifestRecord.extend({ manifest: z.record(z.string(), z.unknown()) });
export type StoredManifest = z.infer<typeof StoredManifest>;
export const MissingSegments = z.object({ missing: z.array(Sha256) });
export type MissingSegments = z.infer<typeof MissingSegments>;
