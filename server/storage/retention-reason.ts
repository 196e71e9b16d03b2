import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { StorageState } from "@/contract/session";
import { queueTasks, runs, type SessionRow, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { hasExpired } from "./expiry";
import type { OpenRun } from "./facts";
import { findRunOnVolume, startingPhrase } from "./live-run";

/** The states from which a collection may take a volume; in every other state somebody else continues with it. */
export const COLLECTABLE: readonly StorageState[] = ["live", "archiving", "restoring"];
/** The states without a volume, or with one that will not stay. */
export const WITHOUT_VOLUME: readonly StorageState[] = ["none", "evicted", "deleting"];

/** Reasons for keeping a volume that nothing else keeps. */
export const NO_ARCHIVE = "archive-missing: nothing holds its last turn but the volume";
export const UNREADABLE =
  "unreadable: its archive lacks parts of the volume that could not be read; mend their permissions, or evict it";
export const RESTORING = "restoring: its volume is not whole yet";

/**
 * Returns what keeps a session's volume from being collected, in words for the operator; null: nothing does. The result
 * holds while the session is locked, since a new run, an extension and a pin all lock it.
 */
export async function findRetentionReason(ctx: ServiceContext, session: SessionRow): Promise<string | null> {
  const rowReason = retentionReasonOf(session, null);
  if (rowReason !== null) return rowReason;
  if (!(await hasExpired(ctx, session))) return "not-expired";
  return findUseReason(ctx, session);
}

/** The same regardless of age: a pin, or what needs the volume. */
export async function findUseReason(ctx: ServiceContext, session: SessionRow): Promise<string | null> {
  const [open] = await ctx.db
    .select({ id: runs.id, status: sql<OpenRun["status"]>`${runs.status}` })
    .from(runs)
    .where(and(eq(runs.sessionId, session.sessionId), inArray(runs.status, ["claimed", "pending"])))
    .orderBy(asc(runs.status))
    .limit(1);
  return (
    retentionReasonOf(session, open ?? null) ??
    (await findStartReason(ctx, session)) ??
    (await findTaskReason(ctx, session))
  );
}

/** A runner that is being started has already checked the volume and does not check again before it begins. */
async function findStartReason(ctx: ServiceContext, { sessionId }: SessionRow): Promise<string | null> {
  const run = await findRunOnVolume(ctx, sessionId);
  return run && `run-live: ${startingPhrase(run.id)}`;
}

/** A task that waits for its session must find its volume, however long it waits. */
async function findTaskReason(ctx: ServiceContext, { sessionId }: SessionRow): Promise<string | null> {
  const [task] = await ctx.db
    .select({ id: queueTasks.id })
    .from(queueTasks)
    .where(and(eq(queueTasks.sessionId, sessionId), inArray(queueTasks.state, ["pending", "dispatched", "running"])))
    .limit(1);
  return task ? `task-waiting: task ${task.id} waits for it` : null;
}

/** The same, judged by rows that were read before. */
export function retentionReasonOf(session: SessionRow, open: OpenRun | null): string | null {
  if (session.deletedAt !== null) return "deleted: its purge takes the volume";
  if (session.pinnedAt !== null) return "pinned";
  if (!open) return null;
  return open.status === "claimed" ? `run-live: run ${open.id} is claimed` : `run-waiting: run ${open.id} is not done`;
}

/** Whether the archive holds everything on the volume: it is of the last turn that a runner took on. */
export function hasCurrentArchive(session: SessionRow): boolean {
  return session.archiveManifestId !== null && session.archiveCommandId === session.volumeCommandId;
}

/** The same as a condition on rows. */
export const HAS_CURRENT_ARCHIVE = sql`${sessions.archiveManifestId} is not null
  and ${sessions.archiveCommandId} is not distinct from ${sessions.volumeCommandId}`;

/** Whether a runner ever had the volume, or a report said that it holds files. */
export function wasUsed(session: SessionRow): boolean {
  return session.volumeCommandId !== null || (session.storageFilesCount ?? 0) > 0;
}

/** The same as a condition on rows. */
export const WAS_USED = sql`(${sessions.volumeCommandId} is not null or coalesce(${sessions.storageFilesCount}, 0) > 0)`;
