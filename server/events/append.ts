import type { AppendAnswer, AppendEventsInput } from "@/contract/event";
import { isTerminal } from "@/contract/run";
import { type ServiceContext, tenantOf } from "@/server/context";
import { LeaseLostError } from "@/server/errors";
import { assertRunVisible, epochOfHolder, getRun, writingEpoch } from "@/server/runs";

/** Stores a batch of a run's events durably, in order and once: sending the same batch id again adds nothing. */
export async function appendEvents(ctx: ServiceContext, input: AppendEventsInput): Promise<AppendAnswer> {
  assertRunVisible(ctx, input.runId);
  const leaseEpoch = writingEpoch(ctx, input.leaseEpoch);
  if (ctx.actor.kind === "runner" && ctx.actor.leaseEpoch !== leaseEpoch) throw new LeaseLostError(input.runId);
  const { runId, batchId, events } = input;
  const epoch = ctx.actor.kind === "runner" ? leaseEpoch : await epochOfOperator(ctx, input, leaseEpoch);
  return ctx.append({ runId, leaseEpoch: epoch, events, ...(batchId === undefined ? {} : { batchId }) });
}

/**
 * Returns the epoch that a caller without a runner's token writes with: the one that it gives or, if it only gives a
 * runner's name as v0.1's runners do, that of the run's holder. The commit judges it again. Throws `not-found` for a run
 * of another tenant.
 */
async function epochOfOperator(
  ctx: ServiceContext,
  { runId, runnerId }: AppendEventsInput,
  leaseEpoch: number | null,
): Promise<number | null> {
  const isByName = runnerId !== undefined && leaseEpoch === null;
  // The commit knows no tenants: a caller bound to one must not write to another's run, nor learn whether it exists.
  if (!isByName && tenantOf(ctx) === null) return leaseEpoch;
  const run = await getRun(ctx, { runId });
  return isByName && !isTerminal(run.status) ? epochOfHolder(run, runnerId) : leaseEpoch;
}
