import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import type { Approval, ListApprovalsInput } from "@/contract/approval";
import type { Page } from "@/contract/page";
import { type ApprovalRow, approvals } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { isOwned } from "@/server/owned";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
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

/** Approvals, the newest first. */
export async function listApprovals(ctx: ServiceContext, input: ListApprovalsInput): Promise<Page<Approval>> {
  const { cursor, limit, ...asked } = input;
  const filter = { ...asked, list: "approvals.list" };
  const [createdAt, id] = cursor === undefined ? [] : decodePlace(filter, cursor, 2);
  const rows = await ctx.db
    .select({ approval: approvals, position: sql<string>`${approvals.createdAt}::text` })
    .from(approvals)
    .where(
      and(
        matchesApprovals(ctx, filter),
        cursor === undefined
          ? undefined
          : sql`(${approvals.createdAt}, ${approvals.id}) < (${createdAt}::timestamptz, ${id})`,
      ),
    )
    .orderBy(desc(approvals.createdAt), desc(approvals.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.approval.id]));
  return { items: page.rows.map((row) => toApproval(row.approval)), cursor: page.cursor };
}

/** The caller's approvals that a filter of the list matches. */
export function matchesApprovals(
  ctx: ServiceContext,
  filter: Omit<ListApprovalsInput, "cursor" | "limit">,
): SQL | undefined {
  return and(
    isOwned(ctx, approvals, filter),
    filter.status === undefined ? undefined : eq(approvals.status, filter.status),
    filter.sessionId === undefined ? undefined : eq(approvals.sessionId, filter.sessionId),
    filter.runId === undefined ? undefined : eq(approvals.runId, filter.runId),
  );
}
