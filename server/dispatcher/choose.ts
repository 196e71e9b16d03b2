import type { Lane, ReadyLane, ReadyTask } from "@/db/queries/queue-dispatch";
import { keyOf, type Room } from "./room";

export type Choice = {
  chosen: ReadyTask[];
  /** Tasks that wait for something that others of their lane do not wait for. */
  blocked: { task: ReadyTask; on: string }[];
};

/** When a lane, and its tenant in the lane's queue, was served last: milliseconds since 1970; 0 where it never was. */
export type ServedAt = (lane: Lane) => Pick<ReadyLane, "servedAtMs" | "queueServedAtMs">;

/** The heads of one lane, in their order, how far they were looked at, and which rates of all tenants it is under. */
type LaneHeads = { lane: Lane; tasks: ReadyTask[]; next: number; servedAt: number; rates: string[] };
/** `servedUnder`: by such a rate, when the tenant was last served under it. */
type Tenant = { id: string; lanes: LaneHeads[]; share: number; servedAt: number; servedUnder: Map<string, number> };
type Turn = { tenant: Tenant; lane: LaneHeads };

/**
 * Which tasks go now, of the heads of all lanes: of the tenant that has the fewest running, the one of the highest
 * priority, then (where lanes have weights) of the lane that has the least by its weight, then the oldest. Of two that
 * have the same share comes first who was served longest ago, so that nobody waits for ever behind another's name.
 * Where a rate of all tenants has too few starts for all of them, who was served under it longest ago has the next.
 * Taking one counts at once, so that no limit is passed within a choice.
 */
export function chooseTasks(heads: ReadyTask[], room: Room, max: number, servedAt: ServedAt): Choice {
  const tenants = groupByTenant(heads, room, servedAt).sort(byNeed);
  const scarce = scarceRates(tenants, room);
  const choice: Choice = { chosen: [], blocked: [] };
  for (let turns = 1; choice.chosen.length < max && room.free > 0; turns += 1) {
    const neediest = tenants[0];
    if (!neediest) break;
    const own = bestLane(neediest.lanes, room, choice);
    if (own === null) {
      // It has nothing more that may go.
      tenants.shift();
      continue;
    }
    const rate = own.rates.find((on) => scarce.has(on));
    const first = { tenant: neediest, lane: own };
    const { tenant, lane } = rate === undefined ? first : longestUnserved(rate, first, { tenants, room, choice });
    const task = lane.tasks[lane.next];
    if (task === undefined) break;
    lane.next += 1;
    room.take(task);
    choice.chosen.push(task);
    tenant.share += 1;
    // Later than anything that was noted before.
    tenant.servedAt = Number.MAX_SAFE_INTEGER / 2 + turns;
    for (const on of lane.rates) tenant.servedUnder.set(on, tenant.servedAt);
    tenants.splice(tenants.indexOf(tenant), 1);
    insertByNeed(tenants, tenant);
  }
  return choice;
}

/** Rates of all tenants that have fewer starts left than there are heads under them. */
function scarceRates(tenants: Tenant[], room: Room): Set<string> {
  const left = new Map<string, number>();
  for (const { lane, tasks } of tenants.flatMap(({ lanes }) => lanes))
    for (const rate of room.sharedRates(lane)) left.set(rate.on, (left.get(rate.on) ?? rate.left) - tasks.length);
  return new Set([...left].filter(([, count]) => count < 0).map(([on]) => on));
}

/** Of the tenants whose next is under a rate and may go, the one that was served there longest ago. */
function longestUnserved(
  on: string,
  first: Turn,
  { tenants, room, choice }: { tenants: Tenant[]; room: Room; choice: Choice },
): Turn {
  let turn = first;
  for (const tenant of tenants) {
    if ((tenant.servedUnder.get(on) ?? Number.MAX_VALUE) >= (turn.tenant.servedUnder.get(on) ?? 0)) continue;
    const lane = bestLane(tenant.lanes, room, choice);
    // What it wants first is elsewhere: a start out of its own order would take the place of that.
    if (lane?.rates.includes(on)) turn = { tenant, lane };
  }
  return turn;
}

function groupByTenant(heads: ReadyTask[], room: Room, servedAt: ServedAt): Tenant[] {
  const lanes = new Map<string, LaneHeads>();
  const tenants = new Map<string, Tenant>();
  for (const task of heads) {
    const key = keyOf("lane", task.tenantId, task.queue, task.lane);
    let lane = lanes.get(key);
    if (!lane) {
      const { servedAtMs, queueServedAtMs } = servedAt(task);
      const rates = room.sharedRates(task);
      lane = { lane: task, tasks: [], next: 0, servedAt: servedAtMs, rates: rates.map(({ on }) => on) };
      lanes.set(key, lane);
      const id = task.tenantId;
      const none: Tenant = { id, lanes: [], share: room.shareOf(id), servedAt: 0, servedUnder: new Map() };
      const tenant = tenants.get(id) ?? none;
      tenant.lanes.push(lane);
      tenant.servedAt = Math.max(tenant.servedAt, lane.servedAt);
      for (const { on, isLane } of rates) tenant.servedUnder.set(on, isLane ? servedAtMs : queueServedAtMs);
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

/** The lane of the best task that nothing holds up; null when there is none among the heads. Passes over blocked ones. */
function bestLane(lanes: LaneHeads[], room: Room, choice: Choice): LaneHeads | null {
  let best: LaneHeads | null = null;
  for (const lane of lanes) {
    if (openHead(lane, room, choice) === null) continue;
    if (best === null || precedes(lane, best, room)) best = lane;
  }
  return best;
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
