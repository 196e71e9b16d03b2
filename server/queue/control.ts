import { type QueueControl, WHOLE_QUEUE } from "@/contract/queue-control";
import type { QueueControlRow } from "@/db/schema";
import { iso } from "@/server/stored";

/** Returns a control as callers see it. Callers that list controls pass the counts of their tasks. */
export function toControl(
  row: QueueControlRow,
  tasks: { waiting: number; running: number; oldestSince: string | null } = NOT_COUNTED,
): QueueControl {
  return {
    tenantId: row.tenantId,
    queue: row.queue,
    lane: row.lane === WHOLE_QUEUE ? null : row.lane,
    maxRunning: row.maxRunning,
    keyMaxRunning: row.keyMaxRunning,
    weight: row.weight,
    startsMax: row.startsMax,
    startsWindowSeconds: row.startsWindowSeconds,
    state: row.state,
    reason: row.reason,
    version: row.version,
    updatedAt: iso(row.updatedAt),
    updatedBy: row.updatedBy,
    ...tasks,
  };
}

const NOT_COUNTED = { waiting: 0, running: 0, oldestSince: null };
