import { eq, sql } from "drizzle-orm";
import type { LogBodiesInput, Run } from "@/contract/run";
import { lockRun, readLease } from "@/db/queries/lock";
import { runs } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { toRun } from "./run";

/**
 * Makes web log, redacted and for some minutes, what a run's agent and its model say to each other. Without this no
 * body is ever logged. 0 minutes ends it. Returns the run.
 */
export function setBodyLogging(ctx: ServiceContext, { runId, minutes }: LogBodiesInput): Promise<Run> {
  return inTx(ctx, async (ctx) => {
    const locked = await lockRun(ctx.db, runId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("run", runId);
    const until = minutes === 0 ? null : sql`clock_timestamp() + ${minutes} * interval '1 minute'`;
    const [run = locked.run] = await ctx.db
      .update(runs)
      .set({ bodiesLoggedUntil: until })
      .where(eq(runs.id, runId))
      .returning();
    await audit(ctx, {
      action: "runs.logBodies",
      targetKind: "run",
      targetId: runId,
      tenantId: run.tenantId,
      details: { minutes },
    });
    return toRun(run, (await readLease(ctx.db, runId))?.leaseExpiresAt ?? null);
  });
}
