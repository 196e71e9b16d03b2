import type { TimeAxis } from "@/components/ui/chart/crosshair";
import { toServerTime } from "@/components/ui/time/clock";
import type { Span } from "./chart-series";

const MINUTE_MS = 60_000;

/** How far back pictures can be asked for. */
export const KEPT_MINUTES = 10_080;
/** Few, so that the same question serves for a while as time goes on. */
const REQUESTED_MINUTES = [60, 120, 180, 360, 720, 1_440, 2_880, KEPT_MINUTES];

/** What a picture says of the time that it goes over: in a sentence, at its two ends, and of its last step. */
export type PeriodWords = { sentence: string; from: string; to: string; lastStep: string };

export const lastPeriodWords = (range: string): PeriodWords => ({
  ...{ sentence: `in the last ${range}`, from: `${range} ago`, to: "now", lastStep: "now" },
});

/** A part of time as an address holds it: `2026-01-31T10:00Z/2026-01-31T10:40Z`. */
export function serializeRange({ fromMs, toMs }: TimeAxis): string {
  const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
  return `${minute(fromMs)}/${minute(Math.ceil(toMs / MINUTE_MS) * MINUTE_MS)}`;
}

export function parseRange(text: string): TimeAxis | null {
  const [fromMs = Number.NaN, toMs = Number.NaN, ...more] = text.split("/").map((instant) => Date.parse(instant));
  return more.length === 0 && fromMs < toMs ? { fromMs, toMs } : null;
}

/** How far back a picture has to look to have all of a part, in minutes: the nearer it is, the finer are its steps. */
export function minutesFor({ fromMs }: TimeAxis, nowMs: number): number {
  return REQUESTED_MINUTES.find((minutes) => nowMs - fromMs <= minutes * MINUTE_MS) ?? KEPT_MINUTES;
}

/** Whether anything of a part is kept, and has come. */
export function canShow({ fromMs, toMs }: TimeAxis, nowMs: number): boolean {
  return fromMs < nowMs && toMs > nowMs - KEPT_MINUTES * MINUTE_MS;
}

/** The steps of a picture that a part of its time touches; one at least. */
export function cropSpan(span: Span, zoom: TimeAxis | null): Span {
  if (zoom === null) return span;
  const { fromMs, stepMs, steps } = span;
  const first = Math.max(0, Math.min(Math.floor((zoom.fromMs - fromMs) / stepMs), steps - 1));
  const lastStep = Math.max(first + 1, Math.min(Math.ceil((zoom.toMs - fromMs) / stepMs), steps));
  return { fromMs: fromMs + first * stepMs, stepMs, steps: lastStep - first };
}

/** The last minutes, as a part that stays where it is. */
export function lastMinutes(minutes: number): TimeAxis {
  const toMs = Math.ceil(toServerTime(Date.now()) / MINUTE_MS) * MINUTE_MS;
  return { fromMs: toMs - minutes * MINUTE_MS, toMs };
}
