import { eq, sql } from "drizzle-orm";
import type { OrderRunnerInput, Runner, RunnerOrder } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";
import { lockLease, lockRun } from "@/db/queries/lock";
import type { FoundRunner } from "@/db/queries/runner-state";
import { leases, runners, runs } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { endRunTokens } from "@/server/identity";
import { findRunner, getRunner } from "./read";
import { refusalsOf } from "./refusals";

/**
 * Drains a runner: it ends once its turn is done and takes no more. It learns of this from the answer to its next
 * heartbeat. Waiting turns then go to another runner. A runner that no executor started claims no run until it is
 * resumed.
 */
export function drainRunner(ctx: ServiceContext, input: OrderRunnerInput): Promise<Runner> {
  return order(ctx, input, "drain", (ctx, { runner }, runnerOrder) =>
    ctx.db.update(runners).set({ drain: runnerOrder }).where(eq(runners.id, runner.id)),
  );
}

/** Cancels the draining of a runner, as long as the runner has not ended. */
export function resumeRunner(ctx: ServiceContext, input: OrderRunnerInput): Promise<Runner> {
  return order(ctx, input, "resume", (ctx, { runner }) =>
    ctx.db.update(runners).set({ drain: null }).where(eq(runners.id, runner.id)),
  );
}

/**
 * Has the worker end a runner's process with all its children. What becomes of the run is decided once the process is
 * known to be gone.
 */
export function killRunner(ctx: ServiceContext, input: OrderRunnerInput): Promise<Runner> {
  return order(ctx, input, "kill", (ctx, { runner }, runnerOrder) =>
    ctx.db.update(runners).set({ kill: runnerOrder }).where(eq(runners.id, runner.id)),
  );
}

/**
 * Fences a runner: from now on nothing that it sends is accepted, and its agent reaches no model. Where an executor
 * started it, its process is ended next, and then its run continues or ends. A runner that was started elsewhere has
 * until the end of its lease to end its agent; only then may another runner have the run.
 */
export function revokeRunner(ctx: ServiceContext, input: OrderRunnerInput): Promise<Runner> {
  return order(ctx, input, "revoke", async (ctx, { runner }, runnerOrder) => {
    const { runId } = runner;
    if (runId === null) return;
    const reason = `its token was revoked by ${describeOrder(runnerOrder)}`;
    await ctx.db.update(runs).set({ leaseState: "fencing" }).where(eq(runs.id, runId));
    await ctx.db
      .update(leases)
      .set({
        staleRecoveryMarker: { epoch: runner.leaseEpoch, runnerId: runner.id, why: reason },
        ...(ctx.settings.executor === "none" ? {} : { leaseExpiresAt: sql`clock_timestamp()` }),
      })
      .where(eq(leases.runId, runId));
    await endRunTokens(ctx, runId);
    ctx.wake(`control:${runId}`);
  });
}

function describeOrder({ by, reason }: RunnerOrder): string {
  return reason === null ? by : `${by}: ${reason}`;
}

type ApplyOrder = (ctx: TxContext, found: FoundRunner, runnerOrder: RunnerOrder) => Promise<unknown>;

/** Checks an order under the runner's lock, carries it out and writes an audit entry. */
function order(ctx: ServiceContext, input: OrderRunnerInput, action: RunnerAction, apply: ApplyOrder): Promise<Runner> {
  const { runnerId } = input;
  return inTx(ctx, async (ctx) => {
    await lockRunner(ctx, runnerId, action);
    const found = await findRunner(ctx, runnerId);
    const refusal = refusalsOf(found, ctx.settings.executor)[action];
    if (refusal !== null)
      throw new ConflictError("runner-order-refused", `runner ${runnerId} cannot be ordered to ${action}: ${refusal}`, {
        state: found.state,
      });
    const reason = redactMessage(input.reason) ?? null;
    await apply(ctx, found, { at: new Date().toISOString(), by: actorName(ctx.actor), reason });
    await audit(ctx, {
      action: `runners.${action}`,
      targetKind: "runner",
      targetId: runnerId,
      tenantId: found.runner.tenantId,
      details: { reason, runId: found.runner.runId },
    });
    ctx.wake("runs");
    return getRunner(ctx, { runnerId });
  });
}

/** Locks run and lease before the runner, as everything else does that writes them. */
async function lockRunner(ctx: TxContext, runnerId: string, action: RunnerAction): Promise<void> {
  const { runner } = await findRunner(ctx, runnerId);
  if (action === "revoke" && runner.runId !== null) {
    await lockRun(ctx.db, runner.runId, null);
    await lockLease(ctx.db, runner.runId);
  }
  await ctx.db.select({ id: runners.id }).from(runners).where(eq(runners.id, runnerId)).for("no key update");
}
