import { eq, sql } from "drizzle-orm";
import { type RunnerRow, runners, runs } from "@/db/schema";
import { type TxContext, tenantOf } from "@/server/context";
import { ConflictError } from "@/server/errors";

/** Registers a runner, or brings a known one up to date; when it first registered is kept. */
export async function upsertRunner(
  ctx: TxContext,
  values: Omit<typeof runners.$inferInsert, "registeredAt" | "heartbeatAt">,
): Promise<RunnerRow> {
  const { id, ...changes } = values;
  const [runner] = await ctx.db
    .insert(runners)
    .values(values)
    .onConflictDoUpdate({ target: runners.id, set: { ...changes, heartbeatAt: sql`clock_timestamp()` } })
    .returning();
  if (!runner) throw new Error(`runner ${id} was not stored`);
  return runner;
}

/** Refuses an id that a runner of another tenant has: what its runners are called is that tenant's alone. */
export async function assertOwnRunner(ctx: TxContext, id: string): Promise<void> {
  const tenantId = tenantOf(ctx);
  if (tenantId === null) return;
  const [known] = await ctx.db
    .select({ tenantId: runs.tenantId })
    .from(runners)
    .innerJoin(runs, eq(runs.id, runners.runId))
    .where(eq(runners.id, id));
  if (known && known.tenantId !== tenantId)
    throw new ConflictError("already-exists", `the runner id ${id} is taken: choose another, or leave it out`);
}
