import type { RunRow } from "@/db/schema";
import { isOperator, type ServiceContext } from "@/server/context";
import { ForbiddenError, InvalidInputError, LeaseLostError } from "@/server/errors";

/**
 * The fence: a runner's write must carry the current epoch of its run. An administrator may leave the epoch out and
 * then writes without a lease; an epoch that is given is checked. Returns the epoch to write with; null: none.
 */
export function writingEpoch(ctx: ServiceContext, leaseEpoch: number | undefined): number | null {
  const { actor } = ctx;
  if (actor.kind === "launch") throw new ForbiddenError("a launch token only buys a claim");
  if (actor.kind !== "runner") return leaseEpoch ?? null;
  if (leaseEpoch === undefined) throw new InvalidInputError("leaseEpoch: a runner must give the epoch of its claim");
  return leaseEpoch;
}

/** Throws `lease-lost` unless the locked run is held with the epoch that the caller writes with. */
export function assertHolds(ctx: ServiceContext, run: RunRow, leaseEpoch: number | undefined): void {
  const epoch = writingEpoch(ctx, leaseEpoch);
  if (epoch === null) return;
  if (ctx.actor.kind === "runner" && ctx.actor.leaseEpoch !== run.leaseEpoch) throw new LeaseLostError(run.id);
  if (epoch !== run.leaseEpoch || run.status !== "claimed") throw new LeaseLostError(run.id);
  if (!isOperator(ctx.actor) && run.leaseState === "fencing") throw new LeaseLostError(run.id);
}

/**
 * The same fence for callers that give only a name, as v0.1's runners do: once a run was leased, only its holder may
 * write. Returns the holder's epoch; null: nobody has claimed the run yet.
 */
export function epochOfHolder(run: Pick<RunRow, "id" | "claimedBy" | "leaseEpoch">, runnerId: string): number | null {
  if (run.leaseEpoch === 0 && run.claimedBy === null) return null;
  if (run.claimedBy !== runnerId) throw new LeaseLostError(run.id);
  return run.leaseEpoch;
}
