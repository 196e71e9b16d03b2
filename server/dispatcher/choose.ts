import type { Lane, ReadyLane, ReadyTask } from "@/db/queries/queue/dispatch";
import { keyOf, type LimitLedger } from "./limit-ledger";

export type Choice = {
  chosen: ReadyTask[];
  /** Tasks that wait for something that does not hold up their whole lane, and what they wait for. */
  blocked: { task: ReadyTask; on: string }[];
};

/** When a lane, and its tenant in the lane's queue, was last served, in milliseconds since 1970; 0: never. */
export type LastServed = (lane: Lane) => Pick<ReadyLane, "servedAtMs" | "queueServedAtMs">;

/**
 * The heads of one lane in order, the position of the next one to look at, and the rates of all tenants that apply to
 * the lane.
 */
type LaneHeads = { lane: Lane; tasks: ReadyTask[]; next: number; servedAt: number; rates: string[] };
/** `servedUnder`: for each such rate, when the tenant was last served under it. */
type Tenant = { id: string; lanes: LaneHeads[]; share: number; servedAt: number; servedUnder: Map<string, number> };
type Turn = { tenant: Tenant; lane: LaneHeads };

/**
 * Chooses which tasks go now, from the heads of all lanes. Each turn takes one task:
 *
 * - of the tenant with the fewest running tasks; between equal tenants, of the one served longest ago, so that no
 *   tenant's name makes it wait for ever;
 * - within that tenant, the task of the highest priority; then, where lanes have weights, of the lane with the least
 *   running for its weight; then the oldest.
 *
 * Where a rate of all tenants has fewer starts left than tasks that want one, the next start goes to the tenant served
 * under that rate longest ago. A taken task counts at once, so that no limit is exceeded within a choice.
 */
export function chooseTasks(heads: ReadyTask[], ledger: LimitLedger, max: number, servedAt: LastServed): Choice {
  const tenants = groupByTenant(heads, ledger, servedAt).sort(byNeed);
  const scarce = scarceRates(tenants, ledger);
  const choice: Choice = { chosen: [], blocked: [] };
  for (let turns = 1; choice.chosen.length < max && ledger.free > 0; turns += 1) {
    const neediest = tenants[0];
    if (!neediest) break;
    const ownLane = bestLane(neediest.lanes, ledger, choice);
    if (ownLane === null) {
      // The tenant has no further task that may start.
      tenants.shift();
      continue;
    }
    const rate = ownLane.rates.find((on) => scarce.has(on));
    const first = { tenant: neediest, lane: ownLane };
    const { tenant, lane } = rate === undefined ? first : longestUnserved(rate, first, { tenants, ledger, choice });
    const task = lane.tasks[lane.next];
    if (task === undefined) break;
    lane.next += 1;
    ledger.take(task);
    choice.chosen.push(task);
    tenant.share += 1;
    // Later than any time that was noted before.
    tenant.servedAt = Number.MAX_SAFE_INTEGER / 2 + turns;
    for (const on of lane.rates) tenant.servedUnder.set(on, tenant.servedAt);
    tenants.splice(tenants.indexOf(tenant), 1);
    insertByNeed(tenants, tenant);
  }
  return choice;
}

/** The rates of all tenants that have fewer starts left than there are heads under them. */
function scarceRates(tenants: Tenant[], ledger: LimitLedger): Set<string> {
  const left = new Map<string, number>();
  for (const { lane, tasks } of tenants.flatMap(({ lanes }) => lanes))
    for (const rate of ledger.sharedRates(lane)) left.set(rate.on, (left.get(rate.on) ?? rate.left) - tasks.length);
  return new Set([...left].filter(([, count]) => count < 0).map(([on]) => on));
}

/**
 * Of the tenants whose next task is under the rate and may start, returns the one served under the rate longest ago.
 */
function longestUnserved(
  on: string,
  first: Turn,
  { tenants, ledger, choice }: { tenants: Tenant[]; ledger: LimitLedger; choice: Choice },
): Turn {
  let turn = first;
  for (const tenant of tenants) {
    if ((tenant.servedUnder.get(on) ?? Number.MAX_VALUE) >= (turn.tenant.servedUnder.get(on) ?? 0)) continue;
    const lane = bestLane(tenant.lanes, ledger, choice);
    // Only if the tenant's own next task is under this rate: a start out of the tenant's order would displace the task
    // that it wants first.
    if (lane?.rates.includes(on)) turn = { tenant, lane };
  }
  return turn;
}

function groupByTenant(heads: ReadyTask[], ledger: LimitLedger, servedAt: LastServed): Tenant[] {
  const lanes = new Map<string, LaneHeads>();
  const tenants = new Map<string, Tenant>();
  for (const task of heads) {
    const key = keyOf("lane", task.tenantId, task.queue, task.lane);
    let lane = lanes.get(key);
    if (!lane) {
      const { servedAtMs, queueServedAtMs } = servedAt(task);
      const rates = ledger.sharedRates(task);
      lane = { lane: task, tasks: [], next: 0, servedAt: servedAtMs, rates: rates.map(({ on }) => on) };
      lanes.set(key, lane);
      const id = task.tenantId;
      const empty: Tenant = { id, lanes: [], share: ledger.shareOf(id), servedAt: 0, servedUnder: new Map() };
      const tenant = tenants.get(id) ?? empty;
      tenant.lanes.push(lane);
      tenant.servedAt = Math.max(tenant.servedAt, lane.servedAt);
      for (const { on, isLane } of rates) tenant.servedUnder.set(on, isLane ? servedAtMs : queueServedAtMs);
      tenants.set(id, tenant);
    }
    lane.tasks.push(task);
  }
  return [...tenants.values()];
}

/** Ties are broken by the name, so that a choice can be predicted. */
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

/**
 * Returns the lane of the best task that nothing holds up; null when no head may start. Notes and passes over blocked
 * heads.
 */
function bestLane(lanes: LaneHeads[], ledger: LimitLedger, choice: Choice): LaneHeads | null {
  let best: LaneHeads | null = null;
  for (const lane of lanes) {
    if (openHead(lane, ledger, choice) === null) continue;
    if (best === null || precedes(lane, best, ledger)) best = lane;
  }
  return best;
}

function openHead(lane: LaneHeads, ledger: LimitLedger, choice: Choice): ReadyTask | null {
  if (ledger.laneBlock(lane.lane) !== null) return null;
  for (; ; lane.next += 1) {
    const task = lane.tasks[lane.next];
    if (task === undefined) return null;
    const block = ledger.taskBlock(task);
    if (block === null) return task;
    choice.blocked.push({ task, on: block.on });
  }
}

/** Whether a lane's head comes before another lane's head of the same tenant. */
function precedes(lane: LaneHeads, than: LaneHeads, ledger: LimitLedger): boolean {
  const [task, other] = [lane.tasks[lane.next], than.tasks[than.next]];
  if (!task || !other) return task !== undefined;
  if (task.priority !== other.priority) return task.priority > other.priority;
  if (task.queue === other.queue && ledger.hasLaneWeights(task.tenantId, task.queue)) {
    const difference = ledger.laneShare(task) - ledger.laneShare(other);
    if (difference !== 0) return difference < 0;
    if (lane.servedAt !== than.servedAt) return lane.servedAt < than.servedAt;
  }
  // Both are text of one form from one server's clock, so comparing them as text orders them by time.
  if (task.createdAt !== other.createdAt) return task.createdAt < other.createdAt;
  return task.id < other.id;
}
