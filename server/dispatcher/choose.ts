import type { Lane, ReadyTask } from "@/db/queries/queue-dispatch";
import { keyOf, type Room } from "./room";

export type Choice = {
  chosen: ReadyTask[];
  /** Tasks that wait for something that others of their lane do not wait for. */
  blocked: { id: string; on: string }[];
};

/** The heads of one lane, in their order, and how far they were looked at. */
type LaneHeads = { lane: Lane; tasks: ReadyTask[]; next: number };

/**
 * Which tasks go now, of the heads of all lanes: of the tenant that has the fewest running, the one of the highest
 * priority, then (where lanes have weights) of the lane that has the least by its weight, then the oldest. Taking one
 * counts at once, so that no limit is passed within a choice.
 */
export function chooseTasks(heads: ReadyTask[], room: Room, max: number): Choice {
  const tenants = groupByTenant(heads);
  const choice: Choice = { chosen: [], blocked: [] };
  while (choice.chosen.length < max && room.free > 0) {
    const tenantId = leastServed(tenants, room);
    if (tenantId === null) break;
    const lanes = tenants.get(tenantId) ?? [];
    const best = bestHead(lanes, room, choice);
    if (best === null) {
      tenants.delete(tenantId);
      continue;
    }
    room.take(best);
    choice.chosen.push(best);
  }
  return choice;
}

function groupByTenant(heads: ReadyTask[]): Map<string, LaneHeads[]> {
  const lanes = new Map<string, LaneHeads>();
  const tenants = new Map<string, LaneHeads[]>();
  for (const task of heads) {
    const key = keyOf("lane", task.tenantId, task.queue, task.lane);
    let lane = lanes.get(key);
    if (!lane) {
      lane = { lane: task, tasks: [], next: 0 };
      lanes.set(key, lane);
      tenants.set(task.tenantId, [...(tenants.get(task.tenantId) ?? []), lane]);
    }
    lane.tasks.push(task);
  }
  return tenants;
}

/** Ties go to the name, so that a choice can be foretold. */
function leastServed(tenants: Map<string, LaneHeads[]>, room: Room): string | null {
  let least: string | null = null;
  for (const tenantId of tenants.keys()) {
    if (least === null || comesBefore(room, tenantId, least)) least = tenantId;
  }
  return least;
}

function comesBefore(room: Room, tenantId: string, other: string): boolean {
  const difference = room.shareOf(tenantId) - room.shareOf(other);
  return difference < 0 || (difference === 0 && tenantId < other);
}

/** The tenant's best task that nothing holds up; null when there is none among its heads. Passes over blocked ones. */
function bestHead(lanes: LaneHeads[], room: Room, choice: Choice): ReadyTask | null {
  let best: LaneHeads | null = null;
  for (const lane of lanes) {
    const head = openHead(lane, room, choice);
    if (head === null) continue;
    const task = best?.tasks[best.next];
    if (task === undefined || precedes(head, task, room)) best = lane;
  }
  if (best === null) return null;
  best.next += 1;
  return best.tasks[best.next - 1] ?? null;
}

function openHead(lane: LaneHeads, room: Room, choice: Choice): ReadyTask | null {
  if (room.laneBlock(lane.lane) !== null) return null;
  for (; ; lane.next += 1) {
    const task = lane.tasks[lane.next];
    if (task === undefined) return null;
    const block = room.taskBlock(task);
    if (block === null) return task;
    choice.blocked.push({ id: task.id, on: block.on });
  }
}

function precedes(task: ReadyTask, other: ReadyTask, room: Room): boolean {
  if (task.priority !== other.priority) return task.priority > other.priority;
  if (task.queue === other.queue && task.lane !== other.lane && room.hasLaneWeights(task.tenantId, task.queue)) {
    const difference = room.laneShare(task) - room.laneShare(other);
    if (difference !== 0) return difference < 0;
  }
  // Both come from one server's clock as text of one form, so that letters order them.
  if (task.createdAt !== other.createdAt) return task.createdAt < other.createdAt;
  return task.id < other.id;
}
