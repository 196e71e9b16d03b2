import type { Lane, ReadyTask } from "@/db/queries/queue-dispatch";
import { keyOf, type Room } from "./room";

export type Choice = {
  chosen: ReadyTask[];
  /** Tasks that wait for something that others of their lane do not wait for. */
  blocked: { task: ReadyTask; on: string }[];
};

/** When a lane was served last, milliseconds since 1970; 0 where it never was. */
export type ServedAt = (lane: Lane) => number;

/** The heads of one lane, in their order, and how far they were looked at. */
type LaneHeads = { lane: Lane; tasks: ReadyTask[]; next: number; servedAt: number };
type Tenant = { id: string; lanes: LaneHeads[]; share: number; servedAt: number };

/**
 * Which tasks go now, of the heads of all lanes: of the tenant that has the fewest running, the one of the highest
 * priority, then (where lanes have weights) of the lane that has the least by its weight, then the oldest. Of two that
 * have the same share comes first who was served longest ago, so that nobody waits for ever behind another's name.
 * Taking one counts at once, so that no limit is passed within a choice.
 */
export function chooseTasks(heads: ReadyTask[], room: Room, max: number, servedAt: ServedAt): Choice {
  const tenants = groupByTenant(heads, room, servedAt).sort(byNeed);
  const choice: Choice = { chosen: [], blocked: [] };
  for (let turns = 1; choice.chosen.length < max && room.free > 0; turns += 1) {
    const tenant = tenants.shift();
    if (!tenant) break;
    const best = bestHead(tenant.lanes, room, choice);
    // It has nothing more that may go.
    if (best === null) continue;
    room.take(best);
    choice.chosen.push(best);
    tenant.share += 1;
    // Later than anything that was noted before.
    tenant.servedAt = Number.MAX_SAFE_INTEGER / 2 + turns;
    insertByNeed(tenants, tenant);
  }
  return choice;
}

function groupByTenant(heads: ReadyTask[], room: Room, servedAt: ServedAt): Tenant[] {
  const lanes = new Map<string, LaneHeads>();
  const tenants = new Map<string, Tenant>();
  for (const task of heads) {
    const key = keyOf("lane", task.tenantId, task.queue, task.lane);
    let lane = lanes.get(key);
    if (!lane) {
      lane = { lane: task, tasks: [], next: 0, servedAt: servedAt(task) };
      lanes.set(key, lane);
      const id = task.tenantId;
      const tenant = tenants.get(id) ?? { id, lanes: [], share: room.shareOf(id), servedAt: 0 };
      tenant.lanes.push(lane);
      tenant.servedAt = Math.max(tenant.servedAt, lane.servedAt);
      tenants.set(id, tenant);
    }
    lane.tasks.push(task);
  }
  return [...tenants.values()];
}

/** Ties end with the name, so that a choice can be foretold. */
function byNeed(left: Tenant, right: Tenant): number {
  if (left.share !== right.share) return left.share - right.share;
  if (left.servedAt !== right.servedAt) return left.servedAt - right.servedAt;
  return left.id < right.id ? -1 : 1;
}

function insertByNeed(tenants: Tenant[], tenant: Tenant): void {
  let low = 0;
  let high = tenants.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = tenants[middle];
    if (other && byNeed(other, tenant) < 0) low = middle + 1;
    else high = middle;
  }
  tenants.splice(low, 0, tenant);
}

/** The tenant's best task that nothing holds up; null when there is none among its heads. Passes over blocked ones. */
function bestHead(lanes: LaneHeads[], room: Room, choice: Choice): ReadyTask | null {
  let best: LaneHeads | null = null;
  for (const lane of lanes) {
    if (openHead(lane, room, choice) === null) continue;
    if (best === null || precedes(lane, best, room)) best = lane;
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
    choice.blocked.push({ task, on: block.on });
  }
}

/** Whether a lane's head comes before another's, both of one tenant. */
function precedes(lane: LaneHeads, than: LaneHeads, room: Room): boolean {
  const [task, other] = [lane.tasks[lane.next], than.tasks[than.next]];
  if (!task || !other) return task !== undefined;
  if (task.priority !== other.priority) return task.priority > other.priority;
  if (task.queue === other.queue && room.hasLaneWeights(task.tenantId, task.queue)) {
    const difference = room.laneShare(task) - room.laneShare(other);
    if (difference !== 0) return difference < 0;
    if (lane.servedAt !== than.servedAt) return lane.servedAt < than.servedAt;
  }
  // Both come from one server's clock as text of one form, so that letters order them.
  if (task.createdAt !== other.createdAt) return task.createdAt < other.createdAt;
  return task.id < other.id;
}
