import { and, eq } from "drizzle-orm";
import type { Approval, RequestApprovalInput } from "@/contract/approval";
import { isTerminal } from "@/contract/run";
import { lockRun } from "@/db/queries/lock";
import { approvals, type RunRow } from "@/db/schema";
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
 * same attempt answers the same row.
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
  const [made] = await ctx.db
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
    })
    .onConflictDoNothing()
    .returning();
  if (made) {
    await appendServerEvents(ctx, run, [{ type: "approval_request", payload: { approvalId: made.id, ...shown } }]);
    await audit(ctx, {
      action: "approvals.request",
      targetKind: "approval",
      targetId: made.id,
      tenantId: run.tenantId,
      details: { runId: run.id, kind: made.kind },
    });
    return made;
  }
  const [known] = await ctx.db
    .select()
    .from(approvals)
    .where(
      and(eq(approvals.runId, run.id), eq(approvals.leaseEpoch, run.leaseEpoch), eq(approvals.requestKey, requestKey)),
    );
  if (!known) throw new Error(`an approval of run ${run.id} was not stored`);
  return known;
}
