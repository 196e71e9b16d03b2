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
  const epoch = ctx.actor.kind === "runner" ? leaseEpoch : ((await epochByName(ctx, input)) ?? leaseEpoch);
  return ctx.append({ runId, leaseEpoch: epoch, events, ...(batchId === undefined ? {} : { batchId }) });
}

/** Returns the epoch for a runner that gives its name and no token of its own. The commit judges it again. */
async function epochByName(ctx: ServiceContext, input: AppendEventsInput): Promise<number | null> {
  const isNamed = input.runnerId !== undefined && input.leaseEpoch === undefined;
  // A caller bound to a tenant must not learn whether another tenant's run exists.
  if (!isNamed && tenantOf(ctx) === null) return null;
  const run = await getRun(ctx, { runId: input.runId });
  return input.runnerId === undefined || !isNamed || isTerminal(run.status) ? null : epochOfHolder(run, input.runnerId);
}
