import type { ServiceContext } from "@/server/context";
import { isAgentRunError } from "@/server/errors";
import { cancelRun } from "@/server/runs";
import { playRun, type RunEnd } from "./queue";

const ENDS: RunEnd[] = [
  { terminalStatus: "completed" },
  { terminalStatus: "completed" },
  { terminalStatus: "failed", failureKind: "infra-failed", failureMessage: "the disk went" },
  { terminalStatus: "failed", failureKind: "backend-failed", failureMessage: "the model broke off" },
  { terminalStatus: "cancelled", failureKind: "cancelled", failureMessage: "interrupted" },
];

/**
 * Brings a run to an end, which kind depends on its id. A run that another player has ended, or is ending, is left
 * alone.
 */
export async function playOpen(ctx: ServiceContext, runId: string): Promise<void> {
  const choice = Number.parseInt(runId.slice(-4), 16);
  try {
    if (choice % 11 === 0) await cancelRun(ctx, { runId, reason: "not wanted" });
    else await playRun(ctx, runId, ENDS[choice % ENDS.length]);
  } catch (error) {
    if (!isAgentRunError(error) || error.failureKind === "infra-failed") throw error;
  }
}
