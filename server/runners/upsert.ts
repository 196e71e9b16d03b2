import { sql } from "drizzle-orm";
import { type RunnerRow, runners } from "@/db/schema";
import type { TxContext } from "@/server/context";

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
