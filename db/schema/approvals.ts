import { sql } from "drizzle-orm";
import { index, integer, jsonb, text, uniqueIndex } from "drizzle-orm/pg-core";
import { APPROVAL_KINDS, APPROVAL_STATUSES } from "@/contract/approval";
import { APPROVAL_DECISIONS } from "@/contract/command";
import { instant, json, lifecycle, table } from "./columns";
import { runs } from "./runs";

export const approvals = table(
  "approvals",
  {
    id: text().primaryKey(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    runId: text()
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    sessionId: text(),
    /** The epoch of the attempt that asked; the answer is never given to another attempt. */
    leaseEpoch: integer().notNull(),
    requestKey: text().notNull(),
    kind: text({ enum: APPROVAL_KINDS }).notNull(),
    itemId: text(),
    turnId: text(),
    /** The thread of the sub-agent that asks; null: the session's own agent asks. */
    agentThreadId: text(),
    command: text(),
    cwd: text(),
    changes: jsonb().$type<{ path: string; kind: string; diff: string }[]>(),
    reason: text(),
    policy: json().notNull(),
    status: text({ enum: APPROVAL_STATUSES }).notNull().default("pending"),
    decision: text({ enum: APPROVAL_DECISIONS }),
    decidedBy: text(),
    decidedAt: instant(),
    decisionReason: text(),
    /** The `approve` command that carries the decision to the runner. */
    commandId: text(),
    ...lifecycle,
  },
  (approval) => [
    // A runner that asks again after a lost answer gets the same row.
    uniqueIndex("agentrun_approvals_request_idx").on(approval.runId, approval.leaseEpoch, approval.requestKey),
    index("agentrun_approvals_open_idx").on(approval.createdAt).where(sql`${approval.status} = 'pending'`),
    index("agentrun_approvals_session_idx").on(approval.sessionId, approval.createdAt),
    index("agentrun_approvals_created_idx").on(approval.createdAt.desc().nullsFirst(), approval.id.desc().nullsFirst()),
  ],
);
export type ApprovalRow = typeof approvals.$inferSelect;
