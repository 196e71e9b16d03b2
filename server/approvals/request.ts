import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { Approval, RequestApprovalInput } from "@/contract/approval";
import { isTerminal } from "@/contract/run";
import { lockRun } from "@/db/queries/lock";
import { approvals, commands, type RunRow } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { AlreadyTerminalError, NotFoundError } from "@/server/errors";
import { appendServerEvents, redactJson } from "@/server/events";
import { newId } from "@/server/ids";
import { assertHolds, assertRunVisible } from "@/server/runs";
import { toApproval } from "./approval";
import { countPending } from "./settle";

/**
 * A runner asks a person for what its agent may do. The row outlives the runner; asking again with the same key in the
 * same attempt answers the same row. What is asked for a turn that has ended meanwhile is stored as superseded.
 */
export function requestApproval(
  ctx: ServiceContext,
  input: RequestApprovalInput,
): Promise<Approval & { approvalId: string }> {
  return inTx(ctx, async (ctx) => {
    assertRunVisible(ctx, input.runId);
    const locked = await lockRun(ctx.db, input.runId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("run", input.runId);
    const { run, session } = locked;
    if (isTerminal(run.status)) throw new AlreadyTerminalError("run", run.id, run.status, run.failureKind);
    assertHolds(ctx, run, input.leaseEpoch);
    const approval = await insertApproval(ctx, run, input);
    if (session) await countPending(ctx, session.sessionId);
    ctx.wake("approvals");
    return { ...toApproval(approval), approvalId: approval.id };
  });
}

async function insertApproval(
  ctx: TxContext,
  run: RunRow,
  input: RequestApprovalInput,
): Promise<typeof approvals.$inferSelect> {
  const { runId: _runId, leaseEpoch: _leaseEpoch, requestKey, ...request } = input;
  const shown = redactJson(request);
  const isOver = await isTurnOver(ctx, run, input.turnId);
  const [inserted] = await ctx.db
    .insert(approvals)
    .values({
      id: newId("approval"),
      tenantId: run.tenantId,
      projectId: run.projectId,
      runId: run.id,
      sessionId: run.sessionId,
      leaseEpoch: run.leaseEpoch,
      requestKey,
      ...shown,
      policy: run.executionPolicy,
      status: isOver ? "superseded" : "pending",
    })
    .onConflictDoNothing()
    .returning();
  if (inserted) {
    const approvalId = inserted.id;
    await appendServerEvents(ctx, run, [
      { type: "approval_request", payload: { approvalId, ...shown } },
      ...(isOver
        ? [{ type: "approval_decision" as const, payload: { approvalId, status: inserted.status, decision: null } }]
        : []),
    ]);
    await audit(ctx, {
      action: "approvals.request",
      targetKind: "approval",
      targetId: inserted.id,
      tenantId: run.tenantId,
      details: { runId: run.id, kind: inserted.kind },
    });
    return inserted;
  }
  const [existing] = await ctx.db
    .select()
    .from(approvals)
    .where(
      and(eq(approvals.runId, run.id), eq(approvals.leaseEpoch, run.leaseEpoch), eq(approvals.requestKey, requestKey)),
    );
  if (!existing) throw new Error(`an approval of run ${run.id} was not stored`);
  return existing;
}

/**
 * Returns whether the named turn is known to have ended: it is the last one that did, or the runner has taken the run's
 * turns and none of them is under way. A runner that names no turn, or takes none, is trusted.
 */
async function isTurnOver(ctx: TxContext, run: RunRow, turnId: string | undefined): Promise<boolean> {
  if (turnId === undefined) return false;
  const { metadata } = run.sessionRef ?? {};
  if (typeof metadata === "object" && metadata !== null && "lastTurnId" in metadata && metadata.lastTurnId === turnId)
    return true;
  const [turns] = await ctx.db
    .select({ isOver: sql<boolean>`count(*) > 0 and not bool_or(${commands.state} = 'acknowledged')` })
    .from(commands)
    .where(and(eq(commands.runId, run.id), eq(commands.type, "turn"), isNotNull(commands.acknowledgedAt)));
  return turns?.isOver === true;
}
