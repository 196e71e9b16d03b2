import { and, eq, sql } from "drizzle-orm";
import type { RunWithSession } from "@/db/queries/lock";
import { prepared } from "@/db/queries/sql/prepared";
import { approvals, type RunRow, type SessionRow, sessions } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { appendServerEvents } from "@/server/events";

const settleStatement = prepared("settle-approvals", (db) =>
  db
    .update(approvals)
    .set({
      status: sql`case when ${approvals.status} = 'pending' then 'superseded' else 'ambiguous' end`,
      updatedAt: sql`clock_timestamp()`,
    })
    .where(
      and(
        eq(approvals.runId, sql.placeholder("runId")),
        sql`${approvals.status} = any(${sql.placeholder("statuses")}::text[])`,
      ),
    )
    .returning({ id: approvals.id, status: approvals.status, decision: approvals.decision }),
);

/**
 * Ends the approvals of an attempt that is over. One that nobody had decided is superseded; one that was decided but
 * not confirmed as applied is ambiguous. Neither is ever applied to another attempt's request.
 */
export function settleApprovals(ctx: TxContext, run: RunRow, session: SessionRow | null): Promise<void> {
  return settleWithStatus(ctx, { run, session }, ["pending", "decided"]);
}

/**
 * Supersedes undecided approvals when the turn that asked has ended, because nothing is left to allow. Decisions
 * already made are still with the runner.
 */
export function supersedePending(ctx: TxContext, run: RunRow, session: SessionRow | null): Promise<void> {
  return settleWithStatus(ctx, { run, session }, ["pending"]);
}

async function settleWithStatus(
  ctx: TxContext,
  { run, session }: RunWithSession,
  statuses: ("pending" | "decided")[],
): Promise<void> {
  const settled = await settleStatement(ctx.db).execute({ runId: run.id, statuses });
  if (settled.length === 0) return;
  await appendServerEvents(
    ctx,
    run,
    settled.map(({ id, status, decision }) => ({
      type: "approval_decision" as const,
      payload: { approvalId: id, status, decision },
    })),
  );
  if (session) await countPending(ctx, session.sessionId);
  ctx.wake("approvals");
}

/** Recounts a locked session's approvals that wait for a person. */
export async function countPending(ctx: TxContext, sessionId: string): Promise<void> {
  await ctx.db
    .update(sessions)
    .set({
      pendingApprovals: sql`(select count(*)::int from ${approvals} where ${approvals.sessionId} = ${sessionId} and ${approvals.status} = 'pending')`,
    })
    .where(eq(sessions.sessionId, sessionId));
  ctx.wake("sessions");
}
