import { z } from "zod";
import {
  ChosenId,
  ChosenSessionId,
  Count,
  exactText,
  Instant,
  Int32,
  OwnerId,
  RecordId,
  requiredText,
  text,
} from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { RangeMinutes } from "./time-range";
import {
  ARCHIVE_ORDER_STATES,
  ARCHIVE_ORDERERS,
  ARCHIVE_STANDINGS,
  STORAGE_KINDS,
  STORAGE_POLICIES,
  STORAGE_SORTS,
  STORAGE_STATES,
} from "./words";

/** Accepted in any case, kept and returned in lower case. */
export const Sha256 = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{64}$/, "64 hex digits");

export const GetStorageInput = z.strictObject({ sessionId: RecordId });
export const ListSizesInput = z.strictObject({ sessionId: RecordId });
export const ListStorageInput = z.strictObject({
  storageKind: z.enum(STORAGE_KINDS).optional(),
  storageState: z.enum(STORAGE_STATES).optional(),
  tenantId: OwnerId.optional(),
  projectId: OwnerId.optional(),
  /** Part of the session's title, its id or its volume's name. */
  search: text(200).optional(),
  pinned: z.boolean().optional(),
  isExpired: z.boolean().optional(),
  /** Not expired yet, but will be within so many minutes. */
  expiresWithinMinutes: RangeMinutes.optional(),
  /** Whether a claimed run holds the volume. */
  isAttached: z.boolean().optional(),
  /** false: the volume is lost, or somebody else is removing it. */
  isHealthy: z.boolean().optional(),
  /** Whether the newest archive holds the last turn or only an earlier one, or there is no archive. */
  archive: z.enum(ARCHIVE_STANDINGS).optional(),
  largerThanBytes: Count.optional(),
  sort: z.enum(STORAGE_SORTS).default("updatedAt"),
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
  // Fields that v0.1 sent; they must equal the row's values.
  storageKind: z.enum(STORAGE_KINDS).optional(),
  pvcName: requiredText(253).optional(),
  storageNamespace: requiredText(253).optional(),
  codexRolloutSubdir: requiredText(64).optional(),
});
export type RefreshStorageInput = z.infer<typeof RefreshStorageInput>;

export const EvictStorageInput = z.strictObject({ sessionId: RecordId, reason: text(1_000).optional() });
export type EvictStorageInput = z.infer<typeof EvictStorageInput>;
export const RestoreStorageInput = z.strictObject({ sessionId: RecordId });
export const ArchiveStorageInput = z.strictObject({ sessionId: RecordId });
export type ArchiveStorageInput = z.infer<typeof ArchiveStorageInput>;
export const ForceReleaseStorageInput = z.strictObject({ sessionId: RecordId, reason: requiredText(1_000) });
export type ForceReleaseStorageInput = z.infer<typeof ForceReleaseStorageInput>;
export const PinStorageInput = z.strictObject({ sessionId: RecordId, reason: text(1_000).optional() });
export type PinStorageInput = z.infer<typeof PinStorageInput>;
export const UnpinStorageInput = z.strictObject({ sessionId: RecordId });
/** A hundred years: more than anybody can mean. */
const EXTENSION_MS_MAX = 100 * 365 * 86_400_000;
export const ExtendStorageInput = z
  .strictObject({
    sessionId: RecordId,
    /** null: it never expires. */
    expiresAt: Instant.nullable().optional(),
    /** Counted from the expiry, or from now where the expiry has passed. */
    byMs: z.int().min(1).max(EXTENSION_MS_MAX).optional(),
  })
  .refine((input) => (input.expiresAt === undefined) !== (input.byMs === undefined), {
    error: "say either expiresAt or byMs",
    path: ["expiresAt"],
  });
export type ExtendStorageInput = z.infer<typeof ExtendStorageInput>;
/** The volume's name at its provider. */
const VolumeName = exactText(253);
const VolumeUid = exactText(128);
export const ListOrphansInput = z.strictObject({});
export const AdoptVolumeInput = z.strictObject({
  name: VolumeName,
  uid: VolumeUid,
  backendProfile: ChosenId,
  /** Defaults to the session that the volume itself names. */
  sessionId: ChosenSessionId.optional(),
  tenantId: OwnerId.optional(),
  projectId: OwnerId.optional(),
  title: text(500).optional(),
});
export type AdoptVolumeInput = z.infer<typeof AdoptVolumeInput>;
export const DeleteVolumeInput = z.strictObject({
  name: VolumeName,
  uid: VolumeUid,
  /** The volume's name once more, as the person typed it. */
  confirmName: text(253),
});
export type DeleteVolumeInput = z.infer<typeof DeleteVolumeInput>;
export const GC_LIMIT_MAX = 1_000;
export const GcInput = z.strictObject({
  dryRun: z.boolean().default(false),
  limit: z
    .int()
    .min(1)
    .default(50)
    .transform((limit) => Math.min(limit, GC_LIMIT_MAX)),
  /** The sessions that a dry run said would be evicted. Where the collection differs, its history says how. */
  plan: z.strictObject({ evicted: z.array(RecordId).max(GC_LIMIT_MAX) }).optional(),
});
export type GcInput = z.infer<typeof GcInput>;
export const PauseGcInput = z.strictObject({ reason: requiredText(1_000) });
export type PauseGcInput = z.infer<typeof PauseGcInput>;
export const ResumeGcInput = z.strictObject({});

/** An ordered archive that does not exist yet, or that lacks files that could not be read. */
export const ArchiveOrder = z.object({
  state: z.enum(ARCHIVE_ORDER_STATES),
  orderedBy: z.enum(ARCHIVE_ORDERERS),
  orderedAt: z.string(),
  /** Number of failed tries. */
  tryCount: z.number(),
  /** The error of the last one. */
  failure: z.string().nullable(),
  nextTryAt: z.string(),
});
export type ArchiveOrder = z.infer<typeof ArchiveOrder>;

export const StorageSummary = z.object({
  sessionId: z.string(),
  tenantId: z.string(),
  projectId: z.string(),
  title: z.string().nullable(),
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
  expiresAt: z.string().nullable(),
  /** When a collection may first take the volume: at its own expiry, else at the end of its idle time; null: never. */
  collectableAt: z.string().nullable(),
  pinnedAt: z.string().nullable(),
  storagePolicy: z.enum(STORAGE_POLICIES),
  requestedBytes: z.number().nullable(),
  /** The volume's capacity; null where it can use the whole disk. */
  capacityBytes: z.number().nullable(),
  /** The claimed run that holds the volume. */
  activeRunId: z.string().nullable(),
  /** When the newest archive was made. */
  archivedAt: z.string().nullable(),
  /** Whether that archive holds the volume's last turn. */
  isArchiveCurrent: z.boolean(),
  archiveOrder: ArchiveOrder.nullable(),
  /** Why the next collection would keep an expired volume; null if it would be evicted, or has not expired. */
  keeper: z.string().nullable(),
});
export type StorageSummary = z.infer<typeof StorageSummary>;
/** A volume's size when it was measured; 0 after eviction. */
export const VolumeSize = z.object({ at: z.string(), sizeBytes: z.number(), filesCount: z.number() });
export type VolumeSize = z.infer<typeof VolumeSize>;
export const VolumeSizes = z.object({
  /** Oldest first. Where there are many, the last measurement in each of 200 equal spans of time. */
  items: z.array(VolumeSize),
  /** Number of all measurements. */
  measured: z.number(),
});
export type VolumeSizes = z.infer<typeof VolumeSizes>;
/** Counts of volumes. Evicted sessions, which have no volume, count only as `evicted`. */
export const StorageTotals = z.object({
  volumes: z.number(),
  bytes: z.number(),
  files: z.number(),
  pinned: z.number(),
  expired: z.number(),
  evicted: z.number(),
  /** Evicted sessions that have an archive to restore from. */
  restorable: z.number(),
  states: z.array(z.object({ storageState: z.enum(STORAGE_STATES), volumes: z.number(), bytes: z.number() })),
  projects: z.array(z.object({ tenantId: z.string(), projectId: z.string(), volumes: z.number(), bytes: z.number() })),
});
export type StorageTotals = z.infer<typeof StorageTotals>;
/** Totals come with the first page only, and cover everything that matches the filter's tenant and project. */
export const StoragePage = pageOf(StorageSummary).extend({ totals: StorageTotals.nullable() });
export type StoragePage = z.infer<typeof StoragePage>;

export const OrphanVolume = z.object({
  name: z.string(),
  /** The id of this very volume, so that no later one of the same name is adopted or deleted. */
  uid: z.string(),
  namespace: z.string(),
  phase: z.string(),
  requestedBytes: z.number().nullable(),
  createdAt: z.string(),
  /** The session that the volume was made for, as the volume itself says. */
  sessionId: z.string().nullable(),
  tenantId: z.string().nullable(),
  projectId: z.string().nullable(),
  reason: z.string(),
});
export type OrphanVolume = z.infer<typeof OrphanVolume>;
export const OrphanList = z.object({
  items: z.array(OrphanVolume),
  /** Whether there are, or may be, others. */
  hasMore: z.boolean(),
  provider: z.enum(["local", "kubernetes"]),
});
export type OrphanList = z.infer<typeof OrphanList>;
export const DeletedVolume = z.object({ name: z.string(), uid: z.string(), deleted: z.enum(["gone", "going"]) });
export type DeletedVolume = z.infer<typeof DeletedVolume>;

export const ListGcHistoryInput = z.strictObject({ cursor: Cursor.optional(), limit: pageLimit(LIST_LIMIT_MAX) });
export type ListGcHistoryInput = z.infer<typeof ListGcHistoryInput>;
export const GcEntry = z.object({ sessionId: z.string(), reason: z.string() });
export type GcEntry = z.infer<typeof GcEntry>;
/** The first volumes of a group, and the group's size. */
const GcNamed = z.object({ count: z.number(), items: z.array(GcEntry) });
/** How a collection differed from its dry run. */
export const GcDifference = z.object({
  /** How many volumes the dry run said would go. */
  planned: z.number(),
  /** Planned volumes that stayed, with the reason. */
  stayed: GcNamed,
  /** Volumes that went without being planned. */
  surplus: GcNamed,
});
export type GcDifference = z.infer<typeof GcDifference>;
/** A collection that evicted something, or was stopped as a whole. */
export const GcHistoryEntry = z.object({
  id: z.string(),
  at: z.string(),
  actor: z.string(),
  trigger: z.enum(["loop", "cron", "person"]),
  evicted: z.number(),
  advanced: z.number(),
  kept: z.number(),
  /** Total bytes of the evicted volumes. */
  bytes: z.number(),
  /** Why other volumes were kept, most frequent reason first. */
  reasons: z.array(z.object({ reason: z.string(), count: z.number() })),
  /** Why the collection evicted nothing at all; null when nothing stopped it. */
  breaker: z.string().nullable(),
  /** null: the collection was given no plan of a dry run. */
  difference: GcDifference.nullable(),
});
export type GcHistoryEntry = z.infer<typeof GcHistoryEntry>;
/** When volumes were last looked through, by anybody, and how often the worker does so by itself. */
export const GcSchedule = z.object({
  intervalMs: z.number(),
  lastAt: z.string().nullable(),
  /** Who paused all collections, and why; null while they run. */
  pause: z.object({ reason: z.string(), by: z.string(), at: z.string() }).nullable(),
});
export type GcSchedule = z.infer<typeof GcSchedule>;
export type GcPause = NonNullable<GcSchedule["pause"]>;
export const GcHistoryPage = pageOf(GcHistoryEntry).extend({ schedule: GcSchedule });
export type GcHistoryPage = z.infer<typeof GcHistoryPage>;

/** Number of volumes, and their bytes as last measured. */
const GcTotal = z.object({ volumes: z.number(), bytes: z.number() });
export const GcReport = z.object({
  evicted: z.array(GcEntry),
  advanced: z.array(GcEntry),
  /** The first 1,000. */
  kept: z.array(GcEntry),
  dryRun: z.boolean(),
  /** Totals of everything that was looked at, listed or not. */
  totals: z.object({
    evicted: GcTotal,
    advanced: GcTotal,
    kept: GcTotal,
    /**
     * Whether the limit stopped this collection before the end: the next one may evict more volumes or bring them
     * further.
     */
    hasMore: z.boolean(),
  }),
});
export type GcReport = z.infer<typeof GcReport>;
