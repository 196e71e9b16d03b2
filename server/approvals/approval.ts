import { and, asc, desc, eq, or, type SQL, sql } from "drizzle-orm";
import type { Approval, ApprovalSummary, ListApprovalsInput } from "@/contract/approval";
import type { Page } from "@/contract/page";
import { isWithin } from "@/db/queries/sql/is-within";
import { type ApprovalRow, approvals, commands, queueTasks, runs, sessions } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { isOwned } from "@/server/owned";
import { type Counted, countedFrom, decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { iso, storedJson } from "@/server/stored";

export function toApproval(row: ApprovalRow): Approval {
  const { requestKey: _requestKey, ...shown } = row;
  return {
    ...shown,
    changes: storedJson(row.changes),
    decidedAt: iso(row.decidedAt),
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}

export async function getApproval(ctx: ServiceContext, input: { approvalId: string }): Promise<Approval> {
  const tenantId = tenantOf(ctx);
  const [found] = await ctx.db
    .select()
    .from(approvals)
    .where(and(eq(approvals.id, input.approvalId), tenantId === null ? undefined : eq(approvals.tenantId, tenantId)));
  if (!found) throw new NotFoundError("approval", input.approvalId);
  return toApproval(found);
}

/** Approvals and who asks for them: the newest first, or the oldest where that is asked for. */
export async function listApprovals(ctx: ServiceContext, input: ListApprovalsInput): Promise<Page<ApprovalSummary>> {
  const { cursor, limit, ...conditions } = input;
  const filter = { ...conditions, list: "approvals.list" };
  const isOldest = input.sort === "oldest";
  const order = isOldest ? asc : desc;
  const rows = await ctx.db
    .select({
      approval: approvals,
      position: sql<string>`${approvals.createdAt}::text`,
      backendProfile: runs.backendProfile,
      taskId: runs.taskId,
      taskTitle: queueTasks.title,
      sessionTitle: sessions.title,
      expiresAt: sql<string | null>`case when ${approvals.status} = 'pending' then ${turnDeadline(ctx)} end`,
    })
    .from(approvals)
    .innerJoin(runs, eq(runs.id, approvals.runId))
    .leftJoin(queueTasks, and(eq(queueTasks.id, runs.taskId), eq(queueTasks.tenantId, approvals.tenantId)))
    .leftJoin(sessions, and(eq(sessions.sessionId, approvals.sessionId), eq(sessions.tenantId, approvals.tenantId)))
    .where(
      and(
        matchesApprovals(ctx, filter),
        cursor === undefined ? undefined : isAfterCursor(decodePlace(filter, cursor, 2), isOldest),
      ),
    )
    .orderBy(order(approvals.createdAt), order(approvals.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.approval.id]));
  return {
    items: page.rows.map(({ approval, position: _position, expiresAt, ...origin }) => ({
      ...toApproval(approval),
      ...origin,
      expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    })),
    cursor: page.cursor,
  };
}

/**
 * When the turn that waits for the answer reaches its policy's time limit. Its runner begins to count a moment later.
 */
function turnDeadline(ctx: ServiceContext): SQL {
  const turn = ctx.db
    .select({ acknowledgedAt: commands.acknowledgedAt })
    .from(commands)
    .where(and(eq(commands.runId, approvals.runId), eq(commands.type, "turn"), eq(commands.state, "acknowledged")))
    .orderBy(desc(commands.seq))
    .limit(1);
  return sql`((${turn}) + (${approvals.policy} ->> 'turnTimeoutMs')::float8 * interval '1 millisecond')`;
}

function isAfterCursor([createdAt, id]: (string | number | null)[], isOldest: boolean): SQL {
  const position = sql`(${createdAt}::timestamptz, ${id})`;
  return isOldest
    ? sql`(${approvals.createdAt}, ${approvals.id}) > ${position}`
    : sql`(${approvals.createdAt}, ${approvals.id}) < ${position}`;
}

/** The caller's approvals that a filter of the list matches. */
export function matchesApprovals(
  ctx: ServiceContext,
  filter: Omit<ListApprovalsInput, "cursor" | "limit" | "sort">,
): SQL | undefined {
  return and(
    isOwned(ctx, approvals, filter),
    filter.status === undefined ? undefined : eq(approvals.status, filter.status),
    filter.kind === undefined ? undefined : eq(approvals.kind, filter.kind),
    filter.sessionId === undefined ? undefined : eq(approvals.sessionId, filter.sessionId),
    filter.runId === undefined ? undefined : eq(approvals.runId, filter.runId),
    filter.search === undefined ? undefined : matchesSearch(filter.search),
    isWithin(approvals.createdAt, filter),
  );
}

/** Each of the three has an index of its own. */
function matchesSearch(search: string): SQL | undefined {
  return or(eq(approvals.id, search), eq(approvals.runId, search), eq(approvals.sessionId, search));
}

/** How many approvals a list has, counted up to `max`; there may be more where it says so. */
export async function countApprovals(ctx: ServiceContext, input: ListApprovalsInput, max: number): Promise<Counted> {
  const found = ctx.db
    .select({ id: approvals.id })
    .from(approvals)
    .where(matchesApprovals(ctx, input))
    .limit(max + 1)
    .as("found");
  return countedFrom(await ctx.db.$count(found), max, false);
}
