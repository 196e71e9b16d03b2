import { and, eq, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Db, Tx } from "@/db/client";
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
import { prepared } from "./prepared";

/** A run with what is locked before it: its queue task and its session, where it has them. */
export type LockedRun = { run: RunRow; session: SessionRow | null; task: QueueTaskRow | null };

const id = sql.placeholder("id");
const tenantId = sql.placeholder("tenantId");
/** Whose row it must be; null: anybody's. */
const isOwned = (column: PgColumn) => sql`(${tenantId}::text is null or ${column} = ${tenantId})`;

/** What is locked with a run, as the statement's first part has found it: none of it ever changes. */
const PLACE = { id: runs.id, sessionId: runs.sessionId, taskId: runs.taskId };

/**
 * A run's task, session and the run itself, each locked after the one before, in one statement: PostgreSQL evaluates a
 * part where it is first asked for, and each asks for the one before it. A row that had to be waited for is read as it
 * is then.
 */
function inTurn(db: Db) {
  const task = db
    .$with("task")
    .as(db.select().from(queueTasks).where(eq(queueTasks.id, sql`(select task_id from found)`)).for("no key update"));
  const session = db.$with("session").as(
    db
      .select()
      .from(sessions)
      .where(and(eq(sessions.sessionId, sql`(select session_id from found)`), sql`(select count(*) from task) >= 0`))
      .for("no key update"),
  );
  const run = db.$with("run").as(
    db
      .select()
      .from(runs)
      .where(and(eq(runs.id, sql`(select id from found)`), sql`(select count(*) from session) >= 0`))
      .for("no key update"),
  );
  return { task, session, run };
}

// Every verb of a runner begins with some of these.
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
const lockedRun = prepared("lock-run", (db) => {
  const found = db.$with("found").as(
    db
      .select(PLACE)
      .from(runs)
      .where(and(eq(runs.id, id), isOwned(runs.tenantId))),
  );
  const { task, session, run } = inTurn(db);
  return db.with(found, task, session, run).select().from(run).leftJoin(session, sql`true`).leftJoin(task, sql`true`);
});
const lockedCommand = prepared("lock-command", (db) => {
  const found = db.$with("found").as(
    db
      .select(PLACE)
      .from(commands)
      .innerJoin(runs, eq(runs.id, commands.runId))
      .where(and(eq(commands.id, id), isOwned(runs.tenantId))),
  );
  const { task, session, run } = inTurn(db);
  const isAfterRun = sql`(select count(*) from run) > 0`;
  const command = db.$with("command").as(
    db
      .select()
      .from(commands)
      .where(and(eq(commands.id, id), isAfterRun))
      .for("no key update"),
  );
  return db
    .with(found, task, session, run, command)
    .select()
    .from(command)
    .innerJoin(run, sql`true`)
    .leftJoin(session, sql`true`)
    .leftJoin(task, sql`true`);
});
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
 * The one lock order, everywhere: lane, task, session, run, command, each by id, and a lease after its run. A run's
 * task and session never change, so they may be read before it is locked. `no key update` leaves foreign-key checks of
 * new events and commands alone.
 */
export async function lockRun(tx: Tx, runId: string, tenantId: string | null): Promise<LockedRun | null> {
  const [found] = await lockedRun(tx).execute({ id: runId, tenantId });
  return found ? { ...found, session: undeleted(found.session) } : null;
}

/** Locks a queue task; null when there is none. */
export async function lockTaskRow(tx: Tx, taskId: string): Promise<QueueTaskRow | null> {
  const [task] = await lockedTask(tx).execute({ id: taskId });
  return task ?? null;
}

/** Locks a session that is not deleted; null when there is none. */
export async function lockSession(tx: Tx, sessionId: string, tenantId: string | null): Promise<SessionRow | null> {
  const [session] = await lockedSession(tx).execute({ id: sessionId, tenantId });
  return undeleted(session);
}

/** Locks the command's run (and session) first, then the command. */
export async function lockCommand(
  tx: Tx,
  commandId: string,
  tenantId: string | null,
): Promise<(LockedRun & { command: CommandRow }) | null> {
  const [found] = await lockedCommand(tx).execute({ id: commandId, tenantId });
  return found ? { ...found, session: undeleted(found.session) } : null;
}

/** One that is being deleted is nobody's any more. */
function undeleted(session: SessionRow | null | undefined): SessionRow | null {
  return session?.deletedAt === null ? session : null;
}

/** A run's lease, to be shown. Whether it has run out is judged under its lock: a heartbeat locks the lease alone. */
export async function leaseOf(tx: Tx, runId: string): Promise<LeaseRow | null> {
  const [lease] = await shownLease(tx).execute({ id: runId });
  return lease ?? null;
}

/** Locks the lease of a locked run, and only then reads the clock: a beat that is under way counts, a later one waits. */
export async function lockLease(tx: Tx, runId: string): Promise<{ lease: LeaseRow; isExpired: boolean } | null> {
  const [lease] = await lockedLease(tx).execute({ id: runId });
  if (!lease) return null;
  const [clock] = await leaseClock(tx).execute({ id: runId });
  return { lease, isExpired: clock?.isExpired ?? true };
}
