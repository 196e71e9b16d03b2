import type { ScheduleTask } from "@/contract/schedule";
import type { ServiceContext } from "@/server/context";
import { InvalidInputError, isAgentRunError } from "@/server/errors";
import { simulateTask } from "@/server/queue";

/** Throws for a task that could never start, as adding it now would. */
export async function checkTask(
  ctx: ServiceContext,
  { tenantId, projectId }: { tenantId: string; projectId: string },
  { expiresAfterMs: _expiresAfterMs, ...task }: ScheduleTask,
): Promise<void> {
  try {
    const { outcome, message } = await simulateTask(ctx, { ...task, tenantId, projectId });
    if (outcome === "refused") throw new InvalidInputError(`task: ${message}`);
  } catch (error) {
    // A draining queue is temporary and says nothing about later times.
    if (!isAgentRunError(error) || error.reason !== "queue-draining") throw error;
  }
}
