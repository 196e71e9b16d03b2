import { sql } from "drizzle-orm";
import { index, integer, pgSequence, primaryKey, text } from "drizzle-orm/pg-core";
import { EXECUTION_STATES, STORAGE_KINDS, STORAGE_STATES } from "@/contract/session";
import { STORAGE_POLICIES } from "@/contract/words";
import { big, feed, instant, json, lifecycle, table } from "./columns";

export const sessionVersionSeq = pgSequence("agentrun_session_version_seq");

export const sessions = table(
  "sessions",
  {
    sessionId: text().primaryKey(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    backendProfile: text().notNull(),
    conversationId: text(),
    threadId: text(),
    metadata: json().notNull().default({}),
    ...lifecycle,
    expiresAt: instant(),
    version: big().notNull().default(1),
    executionState: text({ enum: EXECUTION_STATES }).notNull().default("idle"),
    lastRunId: text(),
    lastCommandId: text(),
    activeRunId: text(),
    activeCommandId: text(),
    lastEventSeq: integer().notNull().default(0),
    terminalStatus: text(),
    failureKind: text(),
    title: text(),
    summary: json().notNull().default({}),
    lastActivityAt: instant(),
    storageKind: text({ enum: STORAGE_KINDS }).notNull().default("none"),
    storagePvcName: text(),
    storageNamespace: text(),
    storageSizeBytes: big(),
    storageFilesCount: integer(),
    storageSha256: text(),
    storageUpdatedAt: instant(),
    codexRolloutSubdir: text().notNull().default("sessions"),
    storagePvcPhase: text(),
    storageEvictedAt: instant(),

    storageState: text({ enum: STORAGE_STATES }).notNull().default("none"),
    /** What garbage collection requires before it takes the volume: an archive of the last turn, or nothing. */
    storagePolicy: text({ enum: STORAGE_POLICIES }).notNull().default("archive"),
    storageRequestedBytes: big(),
    /** The volume's capacity as far as known: the requested size, or the one that its provider reports later. */
    storageCapacityBytes: big(),
    /** The archive of the restore in progress; the next attempt fills the new volume from it. */
    restoreManifestId: text(),
    /**
     * The newest archive, and the last command whose turn the volume holds. Garbage collection requires them to agree.
     */
    archiveManifestId: text(),
    archiveCommandId: text(),
    volumeCommandId: text(),
    pinnedAt: instant(),
    /**
     * When a run, a turn or a restore last took hold of the session; set by a trigger. Never later than the last
     * activity, which is in no index, so a collection by idle time starts from this column.
     */
    usedAt: instant().notNull().defaultNow(),
    deletedAt: instant(),
    payloadHash: text(),
    pendingApprovals: integer().notNull().default(0),
    ...feed,
  },
  (session) => [
    index("agentrun_sessions_storage_pvc_idx")
      .on(session.storagePvcName)
      .where(sql`${session.storagePvcName} is not null`),
    // One index for each filter of the list, all in the order of the screen.
    index("agentrun_sessions_list_idx")
      .on(session.updatedAt.desc().nullsFirst(), session.sessionId.desc().nullsFirst())
      .where(sql`${session.deletedAt} is null`),
    index("agentrun_sessions_tenant_list_idx")
      .on(session.tenantId, session.updatedAt.desc().nullsFirst(), session.sessionId.desc().nullsFirst())
      .where(sql`${session.deletedAt} is null`),
    index("agentrun_sessions_state_list_idx")
      .on(session.executionState, session.updatedAt.desc().nullsFirst(), session.sessionId.desc().nullsFirst())
      .where(sql`${session.deletedAt} is null`),
    index("agentrun_sessions_project_list_idx")
      .on(session.projectId, session.updatedAt.desc().nullsFirst(), session.sessionId.desc().nullsFirst())
      .where(sql`${session.deletedAt} is null`),
    index("agentrun_sessions_profile_list_idx")
      .on(session.backendProfile, session.updatedAt.desc().nullsFirst(), session.sessionId.desc().nullsFirst())
      .where(sql`${session.deletedAt} is null`),
    index("agentrun_sessions_storage_list_idx")
      .on(session.storageKind, session.updatedAt.desc().nullsFirst(), session.sessionId.desc().nullsFirst())
      .where(sql`${session.deletedAt} is null`),
    // The storage list by size and by expiry.
    index("agentrun_sessions_size_list_idx")
      .on(sql`coalesce(${session.storageSizeBytes}, -1)`, session.sessionId)
      .where(sql`${session.deletedAt} is null`),
    index("agentrun_sessions_expiry_list_idx")
      .on(sql`coalesce(${session.expiresAt}, 'infinity'::timestamptz)`, session.sessionId)
      .where(sql`${session.deletedAt} is null`),
    // The tenant comes last: a reader of one tenant's changes passes over the others' within the index.
    index("agentrun_sessions_changes_idx").on(session.changeXid, session.version, session.tenantId),
    index("agentrun_sessions_expiry_idx")
      .on(session.expiresAt)
      .where(sql`${session.storageKind} = 'pvc' and ${session.expiresAt} is not null`),
    index("agentrun_sessions_idle_idx")
      .on(session.usedAt, session.sessionId)
      .where(sql`${session.storageKind} = 'pvc' and ${session.expiresAt} is null`),
    // Nearly full volumes: few, and looked for with every overview.
    index("agentrun_sessions_full_idx")
      .on(session.sessionId)
      .where(
        sql`${session.storageKind} = 'pvc' and ${session.storageSizeBytes} * 5 > ${session.storageCapacityBytes} * 4`,
      ),
    // Archives of evicted sessions, for their retention.
    index("agentrun_sessions_evicted_idx")
      .on(session.storageEvictedAt)
      .where(sql`${session.storageState} = 'evicted' and ${session.archiveManifestId} is not null`),
    // Lifecycle steps that a crash left unfinished, for the repair sweep.
    index("agentrun_sessions_storage_step_idx")
      .on(session.storageState)
      .where(sql`${session.storageState} in ('creating', 'archiving', 'deleting', 'restoring')`),
    index("agentrun_sessions_deleted_idx").on(session.deletedAt).where(sql`${session.deletedAt} is not null`),
  ],
);

export const sessionReadCursors = table(
  "session_read_cursors",
  {
    sessionId: text()
      .notNull()
      .references(() => sessions.sessionId, { onDelete: "cascade" }),
    readerId: text().notNull(),
    sessionVersion: big().notNull(),
    readAt: instant().notNull().defaultNow(),
  },
  (cursor) => [primaryKey({ columns: [cursor.sessionId, cursor.readerId] })],
);
export type SessionRow = typeof sessions.$inferSelect;
