import { eq, sql } from "drizzle-orm";
import { type RunnerRow, runners, runs } from "@/db/schema";
import { type TxContext, tenantOf } from "@/server/context";
import { ConflictError } from "@/server/errors";

/**
 * Registers a runner, or updates a known one; the time of its first registration is kept. The runner belongs to its
 * run's tenant, and without a run to its caller's. An id that belongs to another tenant is refused.
 */
export async function upsertRunner(
  ctx: TxContext,
  values: Omit<typeof runners.$inferInsert, "registeredAt" | "heartbeatAt" | "tenantId">,
): Promise<RunnerRow> {
  const { id, ...changes } = values;
  const caller = tenantOf(ctx);
  const tenantId =
    values.runId == null ? caller : ctx.db.select({ of: runs.tenantId }).from(runs).where(eq(runs.id, values.runId));
  const [runner] = await ctx.db
    .insert(runners)
    .values({ ...values, tenantId: sql`(${tenantId})` })
    .onConflictDoUpdate({
      target: runners.id,
      set: {
        ...changes,
        ...(values.runId == null ? {} : { tenantId: sql`excluded.tenant_id` }),
        heartbeatAt: sql`clock_timestamp()`,
        // A runner that is heard from is alive, whatever was recorded of it before.
        endedAt: null,
        endKind: null,
        endMessage: null,
      },
      // Checked here as well: if two tenants register the same id at once, each of them has found it free.
      ...(caller === null ? {} : { setWhere: eq(runners.tenantId, caller) }),
    })
    .returning();
  if (!runner) throw isTaken(id);
  return runner;
}

/** Refuses an id that another tenant's runner has: a tenant names only its own runners. */
export async function assertOwnRunner(ctx: TxContext, id: string): Promise<void> {
  const tenantId = tenantOf(ctx);
  if (tenantId === null) return;
  const [existing] = await ctx.db.select({ tenantId: runners.tenantId }).from(runners).where(eq(runners.id, id));
  if (existing && existing.tenantId !== tenantId) throw isTaken(id);
}

/** Refuses another run to a runner that is being drained; it keeps the run that it has. */
export async function assertAcceptsRuns(ctx: TxContext, id: string): Promise<void> {
  const [existing] = await ctx.db
    .select({ drain: runners.drain })
    .from(runners)
    .where(eq(runners.id, id))
    .for("no key update");
  if (existing?.drain) {
    throw new ConflictError("runner-draining", `runner ${id} is being drained: resume it, or claim as another runner`);
  }
}

function isTaken(id: string): ConflictError {
  return new ConflictError("already-exists", `the runner id ${id} is taken: choose another, or leave it out`);
}
