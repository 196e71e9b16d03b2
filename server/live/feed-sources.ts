import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { RunChange, SessionChange, TaskChange } from "@/contract/watch";
import { leases, queueTasks, runs, sessions } from "@/db/schema";
import { toTask } from "@/server/queue";
import { toRun } from "@/server/runs";
import { toSession } from "@/server/sessions";
import { type FeedFilter, type FeedPosition, type FeedSource, settled } from "./feed";

type FeedColumns = { changeXid: AnyPgColumn; version: AnyPgColumn; tenantId: AnyPgColumn; projectId: AnyPgColumn };

/**
 * The condition for rows after a position. Written as one row comparison, which the index (change_xid, version)
 * answers.
 */
function inFeed(
  columns: FeedColumns,
  after: FeedPosition,
  filter: FeedFilter,
  ...more: (SQL | undefined)[]
): SQL | undefined {
  return and(
    sql`(${columns.changeXid}, ${columns.version}) > (${after.xid}::xid8, ${after.version}::bigint)`,
    filter.tenantId === undefined ? undefined : eq(columns.tenantId, filter.tenantId),
    filter.projectId === undefined ? undefined : eq(columns.projectId, filter.projectId),
    ...more,
  );
}

export const sessionsFeed: FeedSource<SessionChange> = {
  name: "sessions",
  topic: "sessions",
  async read(db, after, filter, limit) {
    const rows = await db
      .select({ row: sessions, isSettled: settled(sessions.changeXid) })
      .from(sessions)
      .where(inFeed(sessions, after, filter))
      .orderBy(asc(sessions.changeXid), asc(sessions.version))
      .limit(limit);
    return rows.map(({ row, isSettled }) => {
      const { sessionId, version, tenantId, projectId } = row;
      const item: SessionChange =
        row.deletedAt === null
          ? { kind: "changed", sessionId, version, session: toSession(row) }
          : { kind: "deleted", sessionId, version };
      return { xid: row.changeXid, version, tenantId, projectId, isSettled, item };
    });
  },
};

export const runsFeed: FeedSource<RunChange> = {
  name: "runs",
  topic: "runs",
  async read(db, after, filter, limit) {
    const rows = await db
      .select({ row: runs, leaseExpiresAt: leases.leaseExpiresAt, isSettled: settled(runs.changeXid) })
      .from(runs)
      .leftJoin(leases, eq(leases.runId, runs.id))
      .where(
        inFeed(runs, after, filter, filter.sessionId === undefined ? undefined : eq(runs.sessionId, filter.sessionId)),
      )
      .orderBy(asc(runs.changeXid), asc(runs.version))
      .limit(limit);
    return rows.map(({ row, leaseExpiresAt, isSettled }) => {
      const { id, version, tenantId, projectId } = row;
      const item: RunChange = { kind: "changed", runId: id, version, run: toRun(row, leaseExpiresAt) };
      return { xid: row.changeXid, version, tenantId, projectId, isSettled, item, sessionId: row.sessionId };
    });
  },
};

export const tasksFeed: FeedSource<TaskChange> = {
  name: "queue",
  topic: "queue",
  async read(db, after, filter, limit) {
    const rows = await db
      .select({ row: queueTasks, isSettled: settled(queueTasks.changeXid) })
      .from(queueTasks)
      .where(
        inFeed(queueTasks, after, filter, filter.queue === undefined ? undefined : eq(queueTasks.queue, filter.queue)),
      )
      .orderBy(asc(queueTasks.changeXid), asc(queueTasks.version))
      .limit(limit);
    return rows.map(({ row, isSettled }) => {
      const { id, version, tenantId, projectId } = row;
      const item: TaskChange = { kind: "changed", taskId: id, version, task: toTask(row) };
      return { xid: row.changeXid, version, tenantId, projectId, queue: row.queue, isSettled, item };
    });
  },
};
