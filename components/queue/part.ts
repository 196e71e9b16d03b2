import { toServerTime } from "@/components/ui/clock";
import type { TimeAxis } from "@/components/ui/crosshair";
import type { Span } from "./picture";

const MINUTE_MS = 60_000;

/** How far back pictures can be asked for. */
export const KEPT_MINUTES = 10_080;
/** Few, so that the same question serves for a while as time goes on. */
const ASKED_MINUTES = [60, 120, 180, 360, 720, 1_440, 2_880, KEPT_MINUTES];

/** What a picture says of the time that it goes over: in a sentence, at its two ends, and of its last step. */
export type Over = { words: string; from: string; to: string; end: string };

export const overLast = (range: string): Over => ({
  ...{ words: `in the last ${range}`, from: `${range} ago`, to: "now", end: "now" },
});

/** A part of time as an address holds it: `2026-01-31T10:00Z/2026-01-31T10:40Z`. */
export function printPart({ fromMs, toMs }: TimeAxis): string {
  const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
  return `${minute(fromMs)}/${minute(Math.ceil(toMs / MINUTE_MS) * MINUTE_MS)}`;
}

export function parsePart(text: string): TimeAxis | null {
  const [fromMs = Number.NaN, toMs = Number.NaN, ...more] = text.split("/").map((instant) => Date.parse(instant));
  return more.length === 0 && fromMs < toMs ? { fromMs, toMs } : null;
}

/** How far back a picture has to look to have all of a part, in minutes: the nearer it is, the finer are its steps. */
export function minutesFor({ fromMs }: TimeAxis, nowMs: number): number {
  return ASKED_MINUTES.find((minutes) => nowMs - fromMs <= minutes * MINUTE_MS) ?? KEPT_MINUTES;
}

/** Whether anything of a part is kept, and has come. */
export function canShow({ fromMs, toMs }: TimeAxis, nowMs: number): boolean {
  return fromMs < nowMs && toMs > nowMs - KEPT_MINUTES * MINUTE_MS;
}

/** The steps of a picture that a part of its time touches; one at least. */
export function cropped(span: Span, part: TimeAxis | null): Span {
  if (part === null) return span;
  const { fromMs, stepMs, steps } = span;
  const first = Math.max(0, Math.min(Math.floor((part.fromMs - fromMs) / stepMs), steps - 1));
  const end = Math.max(first + 1, Math.min(Math.ceil((part.toMs - fromMs) / stepMs), steps));
  return { fromMs: fromMs + first * stepMs, stepMs, steps: end - first };
}

/** The last minutes, as a part that stays where it is. */
export function lastMinutes(minutes: number): TimeAxis {
  const toMs = Math.ceil(toServerTime(Date.now()) / MINUTE_MS) * MINUTE_MS;
  return { fromMs: toMs - minutes * MINUTE_MS, toMs };
}
