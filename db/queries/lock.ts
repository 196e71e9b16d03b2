import { and, eq, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Tx } from "@/db/client";
import { prepared } from "@/db/queries/sql/prepared";
import {
  type CommandRow,
  commands,
  type LeaseRow,
  leases,
  type QueueTaskRow,
  queueTasks,
  type RunRow,
  runs,
  type SessionRow,
  sessions,
} from "@/db/schema";

/** A run with what is locked before it: its queue task and its session, where it has them. */
export type LockedRun = { run: RunRow; session: SessionRow | null; task: QueueTaskRow | null };
/** A locked run with its locked session. `task` is absent where the caller has not locked it: the run's end does so. */
export type RunWithSession = { run: RunRow; session: SessionRow | null; task?: QueueTaskRow | null };

const id = sql.placeholder("id");
const tenantId = sql.placeholder("tenantId");
/** Whether a row belongs to the tenant; null allows every tenant. */
const isOwned = (column: PgColumn) => sql`(${tenantId}::text is null or ${column} = ${tenantId})`;

// Every procedure that runners call begins with some of these.
const findRun = prepared("find-run", (db) =>
  db
    .select({ sessionId: runs.sessionId, taskId: runs.taskId })
    .from(runs)
    .where(and(eq(runs.id, id), isOwned(runs.tenantId))),
);
const findCommand = prepared("find-command", (db) =>
  db.select({ runId: commands.runId }).from(commands).where(eq(commands.id, id)),
);
const lockedTask = prepared("lock-task", (db) =>
  db.select().from(queueTasks).where(eq(queueTasks.id, id)).for("no key update"),
);
const lockedSession = prepared("lock-session", (db) =>
  db
    .select()
    .from(sessions)
    .where(and(eq(sessions.sessionId, id), isOwned(sessions.tenantId)))
    .for("no key update"),
);
const lockedRun = prepared("lock-run", (db) => db.select().from(runs).where(eq(runs.id, id)).for("no key update"));
const lockedCommand = prepared("lock-command", (db) =>
  db.select().from(commands).where(eq(commands.id, id)).for("no key update"),
);
const shownLease = prepared("show-lease", (db) => db.select().from(leases).where(eq(leases.runId, id)));
const lockedLease = prepared("lock-lease", (db) =>
  db.select().from(leases).where(eq(leases.runId, id)).for("no key update"),
);
const leaseClock = prepared("lease-clock", (db) =>
  db
    .select({ isExpired: sql<boolean>`${leases.leaseExpiresAt} <= clock_timestamp()` })
    .from(leases)
    .where(eq(leases.runId, id)),
);

/**
 * Locks a run after its task and session. This is the one lock order everywhere: lane, task, session, run, command,
 * each by id, and a lease after its run. A run's task and session never change, so they may be read before the run is
 * locked. `no key update` does not block foreign-key checks of new events and commands.
 */
export async function lockRun(tx: Tx, runId: string, tenantId: string | null): Promise<LockedRun | null> {
  const [found] = await findRun(tx).execute({ id: runId, tenantId });
  if (!found) return null;
  const task = found.taskId === null ? null : await lockTaskRow(tx, found.taskId);
  const session = found.sessionId === null ? null : await lockSession(tx, found.sessionId, null);
  const [run] = await lockedRun(tx).execute({ id: runId });
  return run ? { run, session, task } : null;
}

/** Locks a queue task; null when there is none. */
export async function lockTaskRow(tx: Tx, taskId: string): Promise<QueueTaskRow | null> {
  const [task] = await lockedTask(tx).execute({ id: taskId });
  return task ?? null;
}

/** Locks a session that is not deleted; null when there is none. */
export async function lockSession(tx: Tx, sessionId: string, tenantId: string | null): Promise<SessionRow | null> {
  const [session] = await lockedSession(tx).execute({ id: sessionId, tenantId });
  return session && session.deletedAt === null ? session : null;
}

/** Locks the command's run (and session) first, then the command. */
export async function lockCommand(
  tx: Tx,
  commandId: string,
  tenantId: string | null,
): Promise<(LockedRun & { command: CommandRow }) | null> {
  const [found] = await findCommand(tx).execute({ id: commandId });
  if (!found) return null;
  const locked = await lockRun(tx, found.runId, tenantId);
  if (!locked) return null;
  const [command] = await lockedCommand(tx).execute({ id: commandId });
  return command ? { command, ...locked } : null;
}

/**
 * Reads a run's lease for display. Whether it has run out must be judged under its lock, since a heartbeat locks only
 * the lease.
 */
export async function readLease(tx: Tx, runId: string): Promise<LeaseRow | null> {
  const [lease] = await shownLease(tx).execute({ id: runId });
  return lease ?? null;
}

/** Locks the lease of a locked run and only then reads the clock: a beat in progress counts, a later one waits. */
export async function lockLease(tx: Tx, runId: string): Promise<{ lease: LeaseRow; isExpired: boolean } | null> {
  const [lease] = await lockedLease(tx).execute({ id: runId });
  if (!lease) return null;
  const [clock] = await leaseClock(tx).execute({ id: runId });
  return { lease, isExpired: clock?.isExpired ?? true };
}
