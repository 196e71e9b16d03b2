import type { AppendAnswer, AppendEventsInput } from "@/contract/event";
import type { ServiceContext } from "@/server/context";
import { LeaseLostError } from "@/server/errors";
import { assertRunVisible, getRun, writingEpoch } from "@/server/runs";

/** Stores a batch of a run's events, durably, in order, and once: the same batch id again adds nothing. */
export async function appendEvents(ctx: ServiceContext, input: AppendEventsInput): Promise<AppendAnswer> {
  assertRunVisible(ctx, input.runId);
  const leaseEpoch = writingEpoch(ctx, input.leaseEpoch);
  if (ctx.actor.kind === "runner" && ctx.actor.leaseEpoch !== leaseEpoch) throw new LeaseLostError(input.runId);
  // A caller bound to a tenant must not learn whether another's run exists; a runner's token names its own.
  if (ctx.actor.kind === "operator" && ctx.actor.tenantId !== null) await getRun(ctx, { runId: input.runId });
  const { runId, batchId, events } = input;
  return ctx.append({ runId, leaseEpoch, events, ...(batchId === undefined ? {} : { batchId }) });
}
