import { and, eq } from "drizzle-orm";
import { measureFor } from "@/db/queries/usage/measure-budgets";
import { modelCalls, type RunRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isHolding, longestOf } from "./period";
import { refusalMessage } from "./words";

type HeldRun = Pick<RunRow, "id" | "tenantId" | "projectId" | "sessionId" | "backendProfile">;

/**
 * Returns why a rate-limited run has ended, if a budget limited it; null: no budget did. The agent reports every limit
 * as its provider's.
 */
export async function findHold(ctx: ServiceContext, run: HeldRun): Promise<string | null> {
  const reached = longestOf((await measureFor(ctx.db, run)).filter(isHolding));
  if (reached !== null) return refusalMessage(reached);
  // It may have been raised since.
  const wasRefused = and(eq(modelCalls.runId, run.id), eq(modelCalls.reason, "budget-reached"));
  const refusals = await ctx.db.select({ id: modelCalls.id }).from(modelCalls).where(wasRefused).limit(1);
  return refusals.length > 0 ? "a budget was reached, and has room again" : null;
}

type Ended = { failureKind?: string | null; failureMessage?: string | null };

/** The end of a turn or run, in our words where a budget is what limited it. */
export async function withHold<End extends Ended>(ctx: ServiceContext, run: HeldRun, end: End): Promise<End> {
  if (end.failureKind !== "rate-limited") return end;
  const failureMessage = await findHold(ctx, run);
  return failureMessage === null ? end : { ...end, failureMessage };
}
