import { z } from "zod";
import { Count, Int32, OwnerId, RecordId, requiredText, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { STORAGE_KINDS, STORAGE_STATES } from "./session";

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");

export const GetStorageInput = z.strictObject({ sessionId: RecordId });
export const ListStorageInput = z.strictObject({
  storageKind: z.enum(STORAGE_KINDS).optional(),
  storageState: z.enum(STORAGE_STATES).optional(),
  tenantId: OwnerId.optional(),
  projectId: OwnerId.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListStorageInput = z.infer<typeof ListStorageInput>;

export const RefreshStorageInput = z.strictObject({
  sessionId: RecordId,
  leaseEpoch: Int32.optional(),
  storageSizeBytes: Count,
  storageFilesCount: Int32,
  storageSha256: Sha256,
  pvcPhase: requiredText(64).optional(),
  // As v0.1 sent them; they must equal the row's.
  storageKind: z.enum(STORAGE_KINDS).optional(),
  pvcName: requiredText(253).optional(),
  storageNamespace: requiredText(253).optional(),
  codexRolloutSubdir: requiredText(64).optional(),
});
export type RefreshStorageInput = z.infer<typeof RefreshStorageInput>;

export const EvictStorageInput = z.strictObject({ sessionId: RecordId, reason: text(1_000).optional() });
export type EvictStorageInput = z.infer<typeof EvictStorageInput>;
export const RestoreStorageInput = z.strictObject({ sessionId: RecordId });
export const GC_LIMIT_MAX = 1_000;
export const GcInput = z.strictObject({
  dryRun: z.boolean().default(false),
  limit: z
    .int()
    .min(1)
    .default(50)
    .transform((limit) => Math.min(limit, GC_LIMIT_MAX)),
});
export type GcInput = z.infer<typeof GcInput>;

export const StorageSummary = z.object({
  sessionId: z.string(),
  storageKind: z.enum(STORAGE_KINDS),
  storageState: z.enum(STORAGE_STATES),
  pvcName: z.string().nullable(),
  namespace: z.string().nullable(),
  pvcPhase: z.string().nullable(),
  sizeBytes: z.number().nullable(),
  filesCount: z.number().nullable(),
  sha256: z.string().nullable(),
  codexRolloutSubdir: z.string(),
  updatedAt: z.string().nullable(),
  evictedAt: z.string().nullable(),
  restorable: z.boolean(),
});
export type StorageSummary = z.infer<typeof StorageSummary>;
export const StoragePage = pageOf(StorageSummary);

const GcEntry = z.object({ sessionId: z.string(), reason: z.string() });
export type GcEntry = z.infer<typeof GcEntry>;
export const GcReport = z.object({
  evicted: z.array(GcEntry),
  advanced: z.array(GcEntry),
  kept: z.array(GcEntry),
  dryRun: z.boolean(),
});
export type GcReport = z.infer<typeof GcReport>;
