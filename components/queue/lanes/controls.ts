import type { QueueTask } from "@/contract/queue";
import type { QueueControl } from "@/contract/queue-control";

/** The lane's own control, where there is one of the task's tenant, else that of all tenants. */
export function laneControlOf(controls: readonly QueueControl[], task: QueueTask): QueueControl | undefined {
  const ofLane = controls.filter(({ queue, lane }) => queue === task.queue && lane === task.lane);
  return ofLane.find(({ tenantId }) => tenantId === task.tenantId) ?? ofLane[0];
}
