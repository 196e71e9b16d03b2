import type { QueueWaitsByHour } from "@/contract/queue-commander";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HOUR_MINUTES = 60;
export const DAY_HOURS = 24;

type HourWaits = QueueWaitsByHour["hours"][number];
/** An hour of somebody's day, and where it stands: the time that it holds is two hours' where clocks were put back. */
export type HeatCell = { day: number; hour: number; fromMs: number; toMs: number; waits: HourWaits | null };
/** Days are `2026-01-31`, the newest last; cells stand in the order of time, and those to come are not there. */
export type Heat = { days: string[]; cells: HeatCell[] };

/** Classes of waits, the shortest first: each goes about ten times as far as the one before it. */
export const WAIT_CLASSES = [
  { name: "under 1 s", underMs: 1_000 },
  { name: "under 10 s", underMs: 10_000 },
  { name: "under 1 m", underMs: 60_000 },
  { name: "under 10 m", underMs: 600_000 },
  { name: "10 m and more", underMs: Number.POSITIVE_INFINITY },
] as const;

export function classOf(ms: number): number {
  return WAIT_CLASSES.findIndex(({ underMs }) => ms < underMs);
}

/** Hours as they stand in the days of a time zone. */
export function heatOf({ from, to, hours }: Pick<QueueWaitsByHour, "from" | "to" | "hours">, timeZone: string): Heat {
  const waitsByHour = new Map(hours.map((hour) => [Date.parse(hour.at), hour]));
  const localHourOf = localHourIn(timeZone);
  const days: string[] = [];
  const cells: HeatCell[] = [];
  for (let fromMs = Date.parse(from); fromMs < Date.parse(to); fromMs += HOUR_MS) {
    const { date, hour } = localHourOf(fromMs);
    if (days.at(-1) !== date) days.push(date);
    const cell = { day: days.length - 1, hour, fromMs, toMs: fromMs + HOUR_MS, waits: waitsByHour.get(fromMs) ?? null };
    const last = cells.at(-1);
    if (last?.day === cell.day && last.hour === hour) cells.splice(-1, 1, mergeRepeatedHour(last, cell));
    else cells.push(cell);
  }
  return { days, cells };
}

/** Of two hours that are one by the clock the longer waits count. */
function mergeRepeatedHour(one: HeatCell, other: HeatCell): HeatCell {
  const { fromMs } = one;
  if (one.waits === null || other.waits === null) return { ...other, fromMs, waits: one.waits ?? other.waits };
  const [worse, better] = one.waits.p95Ms > other.waits.p95Ms ? [one.waits, other.waits] : [other.waits, one.waits];
  return { ...other, fromMs, waits: { ...worse, samples: worse.samples + better.samples } };
}

function localHourIn(timeZone: string): (ms: number) => { date: string; hour: number } {
  const format = new Intl.DateTimeFormat("en-US", {
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", hourCycle: "h23", timeZone },
  });
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    return { date: `${parts.year}-${parts.month}-${parts.day}`, hour: Number(parts.hour) };
  };
}

/** The minute of UTC's hours at which those of a time zone begin. */
export function minuteOfHours(timeZone: string, nowMs: number): number {
  const format = new Intl.DateTimeFormat("en-US", { minute: "numeric", timeZone });
  const aheadBy = Number(format.format(nowMs)) - new Date(nowMs).getUTCMinutes();
  return (2 * HOUR_MINUTES - aheadBy) % HOUR_MINUTES;
}

/** The cell that a key goes to: by an hour, by a day at the same hour, or to an end; null where it goes nowhere. */
export function cellAfter(cells: readonly HeatCell[], at: number, key: string): number | null {
  const last = cells.length - 1;
  if (key === "ArrowRight") return Math.min(at + 1, last);
  if (key === "ArrowLeft") return Math.max(at - 1, 0);
  if (key === "Home") return 0;
  if (key === "End") return last;
  const by = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
  const cell = cells[at];
  if (by === 0 || cell === undefined) return null;
  // A day that lacks the hour, at an end or where clocks were put on, is as good as none.
  const found = cells.findIndex(({ day, hour }) => day === cell.day + by && hour === cell.hour);
  return found === -1 ? at : found;
}
