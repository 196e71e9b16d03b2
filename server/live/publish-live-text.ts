import type { LiveFramesInput } from "@/contract/event";
import type { ServiceContext } from "@/server/context";
import { LeaseLostError } from "@/server/errors";
import { redactText } from "@/server/events";
import { assertRunVisible, getRun } from "@/server/runs";
import type { Live } from "./live";

/**
 * Shows a run's text under way to its followers. It is stored nowhere; events stored later under the same item replace
 * it.
 */
export async function publishLiveText(
  ctx: ServiceContext,
  live: Live,
  input: LiveFramesInput,
): Promise<Record<string, never>> {
  const { runId, frames } = input;
  // A runner's token names its run, so the many frames of a turn need no query.
  if (ctx.actor.kind === "runner") assertRunVisible(ctx, runId);
  else await getRun(ctx, { runId });
  if (ctx.actor.kind === "runner" && input.leaseEpoch !== ctx.actor.leaseEpoch) throw new LeaseLostError(runId);
  live.publishText({ runId, frames: frames.map((frame) => ({ ...frame, text: redactText(frame.text) })) });
  return {};
}
