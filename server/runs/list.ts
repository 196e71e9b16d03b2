import { and, desc, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListRunsInput, RunSummary } from "@/contract/run";
import type { RunOutcome } from "@/contract/words";
import { isWithin } from "@/db/queries/sql/is-within";
import { leases, queueTasks, runs, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";
import { type Counted, countedFrom, decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { toRun } from "./run";

/** Lists runs, the newest first. */
export async function listRuns(ctx: ServiceContext, input: ListRunsInput): Promise<Page<RunSummary>> {
  const { cursor, limit, ...conditions } = input;
  const filter = { ...conditions, list: "runs.list" };
  const rows = await ctx.db
    .select({
      run: runs,
      leaseExpiresAt: leases.leaseExpiresAt,
      position: sql<string>`${runs.createdAt}::text`,
      taskTitle: queueTasks.title,
      sessionTitle: sessions.title,
      // A session has one run at a time, whose agent alone can have asked for what is open.
      pendingApprovals: sql<number>`case when ${runs.status} = 'claimed' and ${sessions.activeRunId} = ${runs.id}
        then ${sessions.pendingApprovals} else 0 end`,
    })
    .from(runs)
    .leftJoin(leases, eq(leases.runId, runs.id))
    .leftJoin(queueTasks, and(eq(queueTasks.id, runs.taskId), eq(queueTasks.tenantId, runs.tenantId)))
    .leftJoin(sessions, and(eq(sessions.sessionId, runs.sessionId), eq(sessions.tenantId, runs.tenantId)))
    .where(
      and(matchesRuns(ctx, filter), cursor === undefined ? undefined : isAfterCursor(decodePlace(filter, cursor, 2))),
    )
    .orderBy(desc(runs.createdAt), desc(runs.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.run.id]));
  return {
    items: page.rows.map((row) => ({
      ...toRun(row.run, row.leaseExpiresAt),
      title: row.taskTitle ?? row.sessionTitle,
      pendingApprovals: row.pendingApprovals,
    })),
    cursor: page.cursor,
  };
}

/** Why a run failed, or the last turn of one that completed. Must match the expression of an index. */
export const anyFailureKind = sql<string | null>`coalesce(${runs.failureKind}, ${runs.turnFailureKind})`;
/** Whether a run failed, or completed although its last turn failed. Must match the expression of an index. */
export const hasFailed = sql`(${runs.status} = 'failed' or ${runs.turnFailureKind} is not null)`;
const OUTCOMES: Record<RunOutcome, SQL> = {
  failed: hasFailed,
  "turn-failed": sql`(${hasFailed} and ${runs.turnFailureKind} is not null)`,
};

/** Counts the runs of a list up to `max`. The answer says if there may be more. */
export async function countRuns(ctx: ServiceContext, input: ListRunsInput, max: number): Promise<Counted> {
  const found = ctx.db
    .select({ id: runs.id })
    .from(runs)
    .where(matchesRuns(ctx, input))
    .limit(max + 1)
    .as("found");
  return countedFrom(await ctx.db.$count(found), max, false);
}

/** The condition for the caller's runs that match a filter of the list. */
export function matchesRuns(ctx: ServiceContext, filter: Omit<ListRunsInput, "cursor" | "limit">): SQL | undefined {
  return and(
    isOwned(ctx, runs, filter),
    filter.status === undefined ? undefined : eq(runs.status, filter.status),
    filter.outcome === undefined ? undefined : OUTCOMES[filter.outcome],
    filter.failureKind === undefined ? undefined : eq(anyFailureKind, filter.failureKind),
    filter.backendProfile === undefined ? undefined : eq(runs.backendProfile, filter.backendProfile),
    filter.sessionId === undefined ? undefined : eq(runs.sessionId, filter.sessionId),
    filter.taskId === undefined ? undefined : eq(runs.taskId, filter.taskId),
    filter.search === undefined ? undefined : matchesSearch(filter.search),
    filter.runIds === undefined ? undefined : inArray(runs.id, filter.runIds),
    isWithin(runs.createdAt, filter),
  );
}

/** Each of the three columns has an index of its own. */
function matchesSearch(search: string): SQL | undefined {
  return or(eq(runs.id, search), eq(runs.sessionId, search), eq(runs.taskId, search));
}

function isAfterCursor([createdAt, id]: (string | number | null)[]): SQL {
  return sql`(${runs.createdAt}, ${runs.id}) < (${createdAt}::timestamptz, ${id})`;
}
