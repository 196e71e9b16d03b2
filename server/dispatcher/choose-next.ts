import { type Lane, type ReadyLane, type ReadyTask, readHeads, readReadyLanes } from "@/db/queries/queue/dispatch";
import type { ServiceContext } from "@/server/context";
import { type Choice, chooseTasks, type LastServed } from "./choose";
import { keyOf, LimitLedger } from "./limit-ledger";
import { type DispatchLimits, readBusy } from "./limits";

/**
 * How many heads of a lane are read: at least HEADS_MIN at first, and at most HEADS_MARGIN more than the batch, since
 * some heads may be blocked.
 */
const HEADS_MIN = 8;
const HEADS_MARGIN = 20;
/** Tenants whose heads are read together: this many more than the batch has tasks. No choice reaches further. */
const TENANTS_MARGIN = 10;

type ChoiceOptions = {
  max: number;
  /** Built from the same facts, with nothing taken. */
  ledger: LimitLedger;
  skipped: ReadonlySet<string>;
  /** A task that does not exist yet, chosen among the others as if it had just been added. */
  newcomer?: ReadyTask;
};

/**
 * `freesInMs`: milliseconds until a rate lets a lane start that nothing else holds up; null: no lane waits for a rate
 * alone.
 */
export type NextChoice = Choice & { freesInMs: number | null };

/** Chooses the tasks that go next, by all limits as `facts` has them. Writes nothing. */
export async function chooseNext(
  ctx: ServiceContext,
  facts: DispatchLimits,
  options: ChoiceOptions,
): Promise<NextChoice> {
  const { ledger, newcomer } = options;
  const ready = await readReadyLanes(ctx.db, newcomer);
  const lanes = ready.filter((lane) => ledger.laneBlock(lane) === null);
  const choice = await chooseFrom(ctx, facts, { ...options, lanes });
  return { ...choice, freesInMs: soonestFreeMs(facts, ready, choice.chosen) };
}

/**
 * Milliseconds until the first lane may start that only a rate holds up once the chosen tasks are gone; null: no such
 * lane.
 */
function soonestFreeMs(facts: DispatchLimits, lanes: Lane[], chosen: ReadyTask[]): number | null {
  if (facts.controls.every(({ rate }) => rate === null)) return null;
  const ledger = new LimitLedger({ ...facts, busySessions: new Map() });
  for (const task of chosen) ledger.take(task);
  const waits = lanes.flatMap((lane) => ledger.laneBlock(lane)?.freesInMs ?? []);
  return waits.length === 0 ? null : Math.min(...waits);
}

/**
 * Chooses among the tenants that come first, and moves on to the next tenants while those have no task that may start.
 */
async function chooseFrom(
  ctx: ServiceContext,
  facts: DispatchLimits,
  { lanes, ledger, ...options }: ChoiceOptions & { lanes: ReadyLane[] },
): Promise<Choice> {
  const { max } = options;
  const tenants = [...new Set(lanes.map(({ tenantId }) => tenantId))];
  const servedAt = servedAtOf(lanes);
  const needs = new Map(tenants.map((id) => [id, { share: ledger.shareOf(id), servedAt: 0 }]));
  for (const lane of lanes) {
    const need = needs.get(lane.tenantId);
    if (need) need.servedAt = Math.max(need.servedAt, lane.servedAtMs);
  }
  tenants.sort((left, right) => {
    const [leftNeed, rightNeed] = [needs.get(left), needs.get(right)];
    return (leftNeed?.share ?? 0) - (rightNeed?.share ?? 0) || (leftNeed?.servedAt ?? 0) - (rightNeed?.servedAt ?? 0);
  });
  const longestWaiting = longestUnserved(lanes, ledger).slice(0, max);
  const empty: Choice = { chosen: [], blocked: [] };
  for (let first = 0; first < tenants.length; first += max + TENANTS_MARGIN) {
    const candidates = new Set([...tenants.slice(first, first + max + TENANTS_MARGIN), ...longestWaiting]);
    const choice = await chooseAmong(ctx, facts, {
      ...options,
      lanes: lanes.filter(({ tenantId }) => candidates.has(tenantId)),
      servedAt,
    });
    // Blocked tasks are noted first: the next batch sees the tasks behind them.
    if (choice.chosen.length > 0 || choice.blocked.length > 0) return choice;
  }
  return empty;
}

/**
 * Returns the tenants with lanes under a rate of all tenants, those served there longest ago first, however much they
 * run elsewhere.
 */
function longestUnserved(lanes: ReadyLane[], ledger: LimitLedger): string[] {
  const waits = lanes.flatMap((lane) =>
    ledger.sharedRates(lane).map(({ isLane }) => ({
      tenantId: lane.tenantId,
      servedAtMs: isLane ? lane.servedAtMs : lane.queueServedAtMs,
    })),
  );
  const sorted = waits.sort((left, right) => left.servedAtMs - right.servedAtMs);
  return [...new Set(sorted.map(({ tenantId }) => tenantId))];
}

function servedAtOf(lanes: ReadyLane[]): LastServed {
  const served = new Map(lanes.map((lane) => [placeOf(lane), lane]));
  return (lane) => served.get(placeOf(lane)) ?? { servedAtMs: 0, queueServedAtMs: 0 };
}

const placeOf = ({ tenantId, queue, lane }: Lane): string => keyOf("lane", tenantId, queue, lane);

type AmongOptions = Omit<ChoiceOptions, "ledger"> & { lanes: Lane[]; servedAt: LastServed };

/**
 * Reads as many heads of each lane as the choice needs. Where the choice used up all heads of a lane, it is made again
 * from more.
 */
async function chooseAmong(
  ctx: ServiceContext,
  facts: DispatchLimits,
  { lanes, max, servedAt, skipped, newcomer }: AmongOptions,
): Promise<Choice> {
  const includesNewcomer = newcomer !== undefined && lanes.some((lane) => placeOf(lane) === placeOf(newcomer));
  const countMax = max + HEADS_MARGIN + skipped.size;
  for (let perLane = Math.max(HEADS_MIN, Math.ceil((2 * max) / Math.max(1, lanes.length))); ; perLane *= 4) {
    const count = Math.min(perLane, countMax);
    const read = await readHeads(ctx.db, lanes, count);
    const withTask = includesNewcomer ? withNewcomer(read, newcomer, count) : read;
    const heads = withTask.filter(({ id }) => !skipped.has(id));
    const ledger = new LimitLedger({ ...facts, busySessions: await readBusy(ctx, heads) });
    const choice = chooseTasks(heads, ledger, max, servedAt);
    if (perLane >= countMax || !mayHaveMore(heads, choice, perLane)) return choice;
  }
}

/** Returns the heads as if the newcomer stood in its lane: behind all tasks that have its priority or a higher one. */
function withNewcomer(heads: ReadyTask[], newcomer: ReadyTask, perLane: number): ReadyTask[] {
  const isOwn = (head: ReadyTask) => placeOf(head) === placeOf(newcomer);
  const own = heads.filter(isOwn);
  const before = own.filter(({ priority }) => priority >= newcomer.priority);
  const lane = [...before, newcomer, ...own.slice(before.length)].slice(0, perLane);
  return [...heads.filter((head) => !isOwn(head)), ...lane];
}

/** Whether the choice used all heads of a lane that may have more. */
function mayHaveMore(heads: ReadyTask[], { chosen, blocked }: Choice, perLane: number): boolean {
  const used = new Set([...chosen, ...blocked.map(({ task }) => task)].map(({ id }) => id));
  const unused = new Map<string, number>();
  for (const head of heads) {
    const place = placeOf(head);
    const count = unused.get(place) ?? perLane;
    unused.set(place, used.has(head.id) ? count - 1 : count);
  }
  return [...unused.values()].includes(0);
}
