import { z } from "zod";
import { RunEvent } from "./event";
import {
  ChosenId,
  ChosenSessionId,
  Count,
  Instant,
  Int32,
  OwnerId,
  RecordId,
  RecordIds,
  requiredText,
  text,
} from "./ids";
import { Metadata, MetadataFilter } from "./json";
import { Cursor, EVENTS_LIMIT_MAX, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { RangeMinutes, TIME_RANGE } from "./time-range";
import { Spent } from "./usage";
import { SESSION_LIST_STATES, STORAGE_KINDS, STORAGE_STATES } from "./words";

export { STORAGE_KINDS, STORAGE_STATES, type StorageKind, type StorageState } from "./words";

export const EXECUTION_STATES = ["idle", "running", "terminal"] as const;
export type ExecutionState = (typeof EXECUTION_STATES)[number];

const RolloutSubdir = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "one path segment of letters, digits, _ - .")
  .refine((name) => !name.includes("..") && !name.endsWith("."), "must not contain .. or end with a dot")
  .refine((name) => !["workspace", "thread-writer-locks"].includes(name), "is used by the volume itself");

export const CreateSessionInput = z.strictObject({
  sessionId: ChosenSessionId.optional(),
  tenantId: OwnerId.optional(),
  projectId: OwnerId.optional(),
  backendProfile: ChosenId,
  title: text(500).optional(),
  conversationId: requiredText(256).optional(),
  threadId: requiredText(256).optional(),
  metadata: Metadata.optional(),
  expiresAt: Instant.optional(),
  codexRolloutSubdir: RolloutSubdir.optional(),
  storage: z.strictObject({ kind: z.enum(["none", "pvc"]), sizeBytes: Count.min(1).optional() }).optional(),
});
export type CreateSessionInput = z.infer<typeof CreateSessionInput>;

export const ReaderId = ChosenId;
export const GetSessionInput = z.strictObject({ sessionId: RecordId, readerId: ReaderId.optional() });
export type GetSessionInput = z.infer<typeof GetSessionInput>;

export const ListSessionsInput = z.strictObject({
  state: z.enum(SESSION_LIST_STATES).default("default"),
  backendProfile: RecordId.optional(),
  storageKind: z.enum(STORAGE_KINDS).optional(),
  search: text(200).optional(),
  /** Only these sessions. */
  sessionIds: RecordIds.optional(),
  /** Whether it changed since the reader last read it. */
  unread: z.boolean().optional(),
  /** Whether its last work failed, and how. */
  hasFailure: z.boolean().optional(),
  failureKind: RecordId.optional(),
  /** The session has expired, or will within so many minutes. */
  expiresWithinMinutes: RangeMinutes.optional(),
  metadata: MetadataFilter.optional(),
  /** When the session last changed. */
  ...TIME_RANGE,
  readerId: ReaderId.optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListSessionsInput = z.infer<typeof ListSessionsInput>;

export const UpdateSessionInput = z.strictObject({
  sessionId: RecordId,
  title: text(500).nullable().optional(),
  metadata: Metadata.optional(),
  expiresAt: Instant.nullable().optional(),
});
export type UpdateSessionInput = z.infer<typeof UpdateSessionInput>;

export const ForkSessionInput = z.strictObject({
  sessionId: RecordId,
  newSessionId: ChosenSessionId.optional(),
  /** Defaults to the source's title, marked as a fork. */
  title: text(500).optional(),
  /** Defaults to the source's metadata. */
  metadata: Metadata.optional(),
  expiresAt: Instant.optional(),
});
export type ForkSessionInput = z.infer<typeof ForkSessionInput>;

export const DeleteSessionInput = z.strictObject({ sessionId: RecordId });
export const ReadTraceInput = z.strictObject({
  sessionId: RecordId,
  runId: RecordId.optional(),
  afterSeq: Int32.default(0),
  limit: pageLimit(EVENTS_LIMIT_MAX),
});
export type ReadTraceInput = z.infer<typeof ReadTraceInput>;
export const MarkSessionReadInput = z.strictObject({
  sessionId: RecordId,
  readerId: ReaderId,
  version: Count.optional(),
});
export type MarkSessionReadInput = z.infer<typeof MarkSessionReadInput>;

export const Session = z.object({
  sessionId: z.string(),
  tenantId: z.string(),
  projectId: z.string(),
  backendProfile: z.string(),
  conversationId: z.string().nullable(),
  threadId: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  createdAt: z.string(),
  updatedAt: z.string(),
  expiresAt: z.string().nullable(),
  version: z.number(),
  executionState: z.enum(EXECUTION_STATES),
  lastRunId: z.string().nullable(),
  lastCommandId: z.string().nullable(),
  activeRunId: z.string().nullable(),
  activeCommandId: z.string().nullable(),
  lastEventSeq: z.number(),
  terminalStatus: z.string().nullable(),
  failureKind: z.string().nullable(),
  title: z.string().nullable(),
  summary: z.record(z.string(), z.unknown()),
  lastActivityAt: z.string().nullable(),
  storageKind: z.enum(STORAGE_KINDS),
  storageState: z.enum(STORAGE_STATES),
  storagePvcName: z.string().nullable(),
  storageNamespace: z.string().nullable(),
  storageSizeBytes: z.number().nullable(),
  storageFilesCount: z.number().nullable(),
  storageSha256: z.string().nullable(),
  storageUpdatedAt: z.string().nullable(),
  codexRolloutSubdir: z.string(),
  storagePvcPhase: z.string().nullable(),
  storageEvictedAt: z.string().nullable(),
  /** Approvals of this session that wait for a person. */
  pendingApprovals: z.number(),
});
export type Session = z.infer<typeof Session>;
export const SessionSummary = Session.extend({
  unread: z.boolean(),
  /**
   * Since when its turn has produced no event. Set when a runner works on it, no approval is open, and the silence has
   * lasted `AGENTRUN_STUCK_AFTER_MS`. Only lists and `get` return it.
   */
  silentSince: z.string().nullable(),
});
export type SessionSummary = z.infer<typeof SessionSummary>;
export const SessionPage = pageOf(SessionSummary);

export const TracePage = z.object({
  sessionId: z.string(),
  runId: z.string().nullable(),
  items: z.array(RunEvent),
  cursor: z.string().nullable(),
  lastSeq: z.number(),
});
export type TracePage = z.infer<typeof TracePage>;
export const ReadMark = z.object({
  sessionId: z.string(),
  readerId: z.string(),
  sessionVersion: z.number(),
  readAt: z.string(),
});
export type ReadMark = z.infer<typeof ReadMark>;

export const DigestSessionsInput = z.strictObject({ sessionIds: RecordIds });
export type DigestSessionsInput = z.infer<typeof DigestSessionsInput>;
/** Maximum characters of a digest's text. */
export const DIGEST_TEXT_MAX = 200;
/** A session in short: the usage of all its calls, old runs included, and what was said in it last. */
export const SessionDigest = z.object({
  sessionId: z.string(),
  tokens: Spent,
  /**
   * The newest event with words of its active or last run, as one line of at most 200 characters. Only the newest few
   * events are looked at; null where they contain no words, as before the first turn.
   */
  lastEvent: z
    .object({ runId: z.string(), seq: z.number(), type: z.string(), text: z.string(), createdAt: z.string() })
    .nullable(),
});
export type SessionDigest = z.infer<typeof SessionDigest>;
/** Digests in the order of the given ids. Sessions that the caller may not see are left out. */
export const SessionDigests = z.object({ items: z.array(SessionDigest) });
export type SessionDigests = z.infer<typeof SessionDigests>;
