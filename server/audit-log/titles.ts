import { and, eq, inArray, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { AuditRow } from "@/contract/audit";
import { budgets, queueTasks, runs, schedules, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";

/** Gives rows about sessions, runs, tasks, schedules and budgets their target's title, in one statement for a page. */
export async function withTitles(ctx: ServiceContext, rows: readonly AuditRow[]): Promise<AuditRow[]> {
  const idsOf = (kind: string) => [...new Set(rows.flatMap((row) => (row.targetKind === kind ? [row.targetId] : [])))];
  const [ofSessions, ofRuns, ofTasks] = [idsOf("session"), idsOf("run"), idsOf("task")];
  const [ofSchedules, ofBudgets] = [idsOf("schedule"), idsOf("budget")];
  if ([ofSessions, ofRuns, ofTasks, ofSchedules, ofBudgets].every((ids) => ids.length === 0)) return [...rows];
  // A branch without ids reads nothing.
  const found = await unionAll(
    ctx.db
      .select({ id: sessions.sessionId, title: sql<string | null>`${sessions.title}` })
      .from(sessions)
      .where(and(inArray(sessions.sessionId, ofSessions), isOwned(ctx, sessions, {}))),
    ctx.db
      .select({ id: queueTasks.id, title: sql<string | null>`${queueTasks.title}` })
      .from(queueTasks)
      .where(and(inArray(queueTasks.id, ofTasks), isOwned(ctx, queueTasks, {}))),
    ctx.db
      .select({ id: runs.id, title: sql<string | null>`coalesce(${queueTasks.title}, ${sessions.title})` })
      .from(runs)
      .leftJoin(queueTasks, and(eq(queueTasks.id, runs.taskId), eq(queueTasks.tenantId, runs.tenantId)))
      .leftJoin(sessions, and(eq(sessions.sessionId, runs.sessionId), eq(sessions.tenantId, runs.tenantId)))
      .where(and(inArray(runs.id, ofRuns), isOwned(ctx, runs, {}))),
    ctx.db
      .select({ id: schedules.id, title: sql<string | null>`${schedules.name}` })
      .from(schedules)
      .where(and(inArray(schedules.id, ofSchedules), isOwned(ctx, schedules, {}))),
    ctx.db
      .select({ id: budgets.id, title: sql<string | null>`${budgets.name}` })
      .from(budgets)
      .where(inArray(budgets.id, ofBudgets)),
  );
  const titles = new Map(found.map(({ id, title }) => [id, title]));
  return rows.map((row) => (titles.has(row.targetId) ? { ...row, title: titles.get(row.targetId) ?? null } : row));
}
