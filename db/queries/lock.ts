import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
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

// Every verb of a runner begins with some of these. They are named, so that a connection plans each once and keeps it:
// to plan one took longer than to run it.

/** A run with what is locked before it: its queue task and its session, where it has them. */
export type LockedRun = { run: RunRow; session: SessionRow | null; task: QueueTaskRow | null };

/**
 * The one lock order, everywhere: lane, task, session, run, command, each by id, and a lease after its run. A run's
 * task and session never change, so they may be read before it is locked. `no key update` leaves foreign-key checks of
 * new events and commands alone.
 */
export async function lockRun(tx: Tx, runId: string, tenantId: string | null): Promise<LockedRun | null> {
  const [found] = await tx
    .select({ sessionId: runs.sessionId, taskId: runs.taskId })
    .from(runs)
    .where(ownedRun(runId, tenantId))
    .prepare(`agentrun-find-run-${tenantId !== null}`)
    .execute();
  if (!found) return null;
  const task = found.taskId === null ? null : await lockTaskRow(tx, found.taskId);
  const session = found.sessionId === null ? null : await lockSession(tx, found.sessionId, null);
  const [run] = await tx
    .select()
    .from(runs)
    .where(eq(runs.id, runId))
    .for("no key update")
    .prepare("agentrun-lock-run")
    .execute();
  return run ? { run, session, task } : null;
}

/** Locks a queue task; null when there is none. */
export async function lockTaskRow(tx: Tx, taskId: string): Promise<QueueTaskRow | null> {
  const [task] = await tx
    .select()
    .from(queueTasks)
    .where(eq(queueTasks.id, taskId))
    .for("no key update")
    .prepare("agentrun-lock-task")
    .execute();
  return task ?? null;
}

/** Locks a session that is not deleted; null when there is none. */
export async function lockSession(tx: Tx, sessionId: string, tenantId: string | null): Promise<SessionRow | null> {
  const [session] = await tx
    .select()
    .from(sessions)
    .where(ownedSession(sessionId, tenantId))
    .for("no key update")
    .prepare(`agentrun-lock-session-${tenantId !== null}`)
    .execute();
  return session && session.deletedAt === null ? session : null;
}

/** Locks the command's run (and session) first, then the command. */
export async function lockCommand(
  tx: Tx,
  commandId: string,
  tenantId: string | null,
): Promise<(LockedRun & { command: CommandRow }) | null> {
  const [found] = await tx
    .select({ runId: commands.runId })
    .from(commands)
    .where(eq(commands.id, commandId))
    .prepare("agentrun-find-command")
    .execute();
  if (!found) return null;
  const locked = await lockRun(tx, found.runId, tenantId);
  if (!locked) return null;
  const [command] = await tx
    .select()
    .from(commands)
    .where(eq(commands.id, commandId))
    .for("no key update")
    .prepare("agentrun-lock-command")
    .execute();
  return command ? { command, ...locked } : null;
}

/** A run's lease, to be shown. Whether it has run out is judged under its lock: a heartbeat locks the lease alone. */
export async function leaseOf(tx: Tx, runId: string): Promise<LeaseRow | null> {
  const [lease] = await tx.select().from(leases).where(eq(leases.runId, runId));
  return lease ?? null;
}

/** Locks the lease of a locked run, and only then reads the clock: a beat that is under way counts, a later one waits. */
export async function lockLease(tx: Tx, runId: string): Promise<{ lease: LeaseRow; isExpired: boolean } | null> {
  const [lease] = await tx.select().from(leases).where(eq(leases.runId, runId)).for("no key update");
  if (!lease) return null;
  const [clock] = await tx
    .select({ isExpired: sql<boolean>`${leases.leaseExpiresAt} <= clock_timestamp()` })
    .from(leases)
    .where(eq(leases.runId, runId));
  return { lease, isExpired: clock?.isExpired ?? true };
}

function ownedRun(runId: string, tenantId: string | null): SQL | undefined {
  return and(eq(runs.id, runId), tenantId === null ? undefined : eq(runs.tenantId, tenantId));
}

function ownedSession(sessionId: string, tenantId: string | null): SQL | undefined {
  return and(eq(sessions.sessionId, sessionId), tenantId === null ? undefined : eq(sessions.tenantId, tenantId));
}
