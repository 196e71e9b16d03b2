import { and, sql } from "drizzle-orm";
import { BulkApprovalFilter } from "@/contract/bulk";
import { approvals } from "@/db/schema";
import { decideApproval, getApproval, matchesApprovals } from "@/server/approvals";
import { DONE, type Kind, UNCHANGED } from "./kind";
import { firstReason, isSelected } from "./selected";

export const APPROVALS: Kind = {
  source(ctx, selection) {
    const filter = selection.filter === undefined ? {} : BulkApprovalFilter.parse(selection.filter);
    return {
      from: sql`${approvals}`,
      matches: and(isSelected(ctx, approvals, selection), matchesApprovals(ctx, filter)),
      id: sql`${approvals.id}`,
      title: sql`coalesce(${approvals.command}, ${approvals.reason}, ${approvals.kind})`,
      order: [
        { key: sql`${approvals.createdAt}`, isDescending: true },
        { key: sql`${approvals.id}`, isDescending: true },
      ],
    };
  },
  skip: () =>
    firstReason([
      [sql`${approvals.decision} is not null`, "it is decided"],
      [sql`${approvals.status} <> 'pending'`, "it is not asked any more"],
    ]),
  async act(ctx, { targetId: approvalId, reason }) {
    const approval = await getApproval(ctx, { approvalId });
    if (approval.decision === "decline") return UNCHANGED;
    await decideApproval(ctx, { approvalId, decision: "decline", ...(reason === null ? {} : { reason }) });
    return DONE;
  },
};
