import type { TimeAxis } from "./crosshair";

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 30].map((days) => days * DAY_MS),
];
const TICKS_MAX = 5;
/** The ends of an axis have words of their own. */
const [FIRST, LAST] = [0.24, 0.86];

export type Tick = { share: number; label: string };

/** Round times between the ends of an axis, by the clock of this browser or by UTC. */
export function timeTicks({ fromMs, toMs }: TimeAxis, isUtc: boolean): Tick[] {
  const length = toMs - fromMs;
  const step = STEPS.find((stepLength) => length / stepLength <= TICKS_MAX);
  if (step === undefined || !(length > 0)) return [];
  const zone = isUtc ? { timeZone: "UTC" } : {};
  const format =
    step < DAY_MS
      ? new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...zone })
      : // As the ends of an axis of days are written.
        new Intl.DateTimeFormat("en", { day: "numeric", month: "short", ...zone });
  // Days and hours begin where the clock has it.
  const aheadMs = isUtc ? 0 : -new Date(toMs).getTimezoneOffset() * MINUTE_MS;
  const ticks: Tick[] = [];
  for (let atMs = Math.ceil((fromMs + aheadMs) / step) * step - aheadMs; atMs < toMs; atMs += step) {
    const share = (atMs - fromMs) / length;
    if (share >= FIRST && share <= LAST) ticks.push({ share, label: format.format(atMs) });
  }
  return ticks;
}
