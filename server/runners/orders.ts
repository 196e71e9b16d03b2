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
 * Has a runner end once its turn is done, and take nothing more: it learns so by the answer to its next beat. Turns that
 * wait then go to another runner. One that is started by somebody else claims no run until it is resumed.
 */
export function drainRunner(ctx: ServiceContext, input: OrderRunnerInput): Promise<Runner> {
  return order(ctx, input, "drain", (ctx, { runner }, given) =>
    ctx.db.update(runners).set({ drain: given }).where(eq(runners.id, runner.id)),
  );
}

/** Takes back that a runner is to be drained, as long as it has not gone. */
export function resumeRunner(ctx: ServiceContext, input: OrderRunnerInput): Promise<Runner> {
  return order(ctx, input, "resume", (ctx, { runner }) =>
    ctx.db.update(runners).set({ drain: null }).where(eq(runners.id, runner.id)),
  );
}

/**
 * Has the worker end a runner's process with all that it started; what becomes of its run is decided once it is known
 * to be gone.
 */
export function killRunner(ctx: ServiceContext, input: OrderRunnerInput): Promise<Runner> {
  return order(ctx, input, "kill", (ctx, { runner }, given) =>
    ctx.db.update(runners).set({ kill: given }).where(eq(runners.id, runner.id)),
  );
}

/**
 * Fences a runner: from here on nothing that it sends is taken, and its agent reaches no model. Where an executor started
 * it, its process is ended next, and then its run goes on or ends. An outside runner has until the end of its lease to
 * end its agent, before another may have the run.
 */
export function revokeRunner(ctx: ServiceContext, input: OrderRunnerInput): Promise<Runner> {
  return order(ctx, input, "revoke", async (ctx, { runner }, given) => {
    const { runId } = runner;
    if (runId === null) return;
    const why = `its token was revoked by ${told(given)}`;
    await ctx.db.update(runs).set({ leaseState: "fencing" }).where(eq(runs.id, runId));
    await ctx.db
      .update(leases)
      .set({
        staleRecoveryMarker: { epoch: runner.leaseEpoch, runnerId: runner.id, why },
        ...(ctx.settings.executor === "none" ? {} : { leaseExpiresAt: sql`clock_timestamp()` }),
      })
      .where(eq(leases.runId, runId));
    await endRunTokens(ctx, runId);
    ctx.wake(`control:${runId}`);
  });
}

function told({ by, reason }: RunnerOrder): string {
  return reason === null ? by : `${by}: ${reason}`;
}

type Act = (ctx: TxContext, found: FoundRunner, given: RunnerOrder) => Promise<unknown>;

/** Judges an order under the runner's lock, carries it out, and leaves its row of audit. */
function order(ctx: ServiceContext, input: OrderRunnerInput, action: RunnerAction, act: Act): Promise<Runner> {
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
    await act(ctx, found, { at: new Date().toISOString(), by: actorName(ctx.actor), reason });
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

/** Run and lease before the runner, where they are written too. */
async function lockRunner(ctx: TxContext, runnerId: string, action: RunnerAction): Promise<void> {
  const { runner } = await findRunner(ctx, runnerId);
  if (action === "revoke" && runner.runId !== null) {
    await lockRun(ctx.db, runner.runId, null);
    await lockLease(ctx.db, runner.runId);
  }
  await ctx.db.select({ id: runners.id }).from(runners).where(eq(runners.id, runnerId)).for("no key update");
}
