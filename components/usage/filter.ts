import { createParser, parseAsString, parseAsStringLiteral } from "nuqs/server";
import type { UsageSummaryInput } from "@/contract/usage";
import { USAGE_DAYS_MAX } from "@/contract/words";

export const PERIODS = ["today", "7d", "30d"] as const;
const PERIOD_DAYS: Record<(typeof PERIODS)[number], number> = { today: 1, "7d": 7, "30d": 30 };
/** What the table can be grouped by. */
export const GROUPINGS = ["project", "profile", "model", "session", "task"] as const;
export type Grouping = (typeof GROUPINGS)[number];
export const MEASURES = ["tokens", "cost"] as const;
export type Measure = (typeof MEASURES)[number];

const DAY_MS = 86_400_000;
const FIRST_DAY = "2000-01-01";
const parseAsDay = createParser({
  parse: (text) => (isDay(text) ? text : null),
  serialize: (day: string) => day,
});

/** What the usage page shows, as its address holds it; `from` and `to` are days of UTC and replace the period. */
export const USAGE_FILTERS = {
  period: parseAsStringLiteral(PERIODS).withDefault("7d"),
  from: parseAsDay,
  to: parseAsDay,
  by: parseAsStringLiteral(GROUPINGS).withDefault("project"),
  show: parseAsStringLiteral(MEASURES).withDefault("tokens"),
  project: parseAsString,
  profile: parseAsString,
  model: parseAsString,
};
export type UsageFilter = {
  period: (typeof PERIODS)[number];
  from: string | null;
  to: string | null;
  by: Grouping;
  show: Measure;
  project: string | null;
  profile: string | null;
  model: string | null;
};

export type Days = { from: string; to: string };

function isDay(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  // `2026-02-30` is parsed as the 2nd of March.
  return text >= FIRST_DAY && !Number.isNaN(ms) && dayOf(ms) === text;
}

export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The days that a filter asks for, both included; one whose ends are too far apart or reversed is cut to what can be. */
export function daysAsked({ period, from, to }: Pick<UsageFilter, "period" | "from" | "to">, nowMs: number): Days {
  const today = dayOf(nowMs);
  if (from === null && to === null) return { from: back(today, PERIOD_DAYS[period] - 1), to: today };
  const last = to ?? (from !== null && from > today ? from : today);
  const first = from ?? back(last, PERIOD_DAYS[period] - 1);
  return { from: later(earlier(first, last), back(last, USAGE_DAYS_MAX - 1)), to: last };
}

/** The server's input, but for what is summed. */
export function usageScope(filter: UsageFilter, nowMs: number): Partial<UsageSummaryInput> {
  const { project, profile, model } = filter;
  return {
    ...daysAsked(filter, nowMs),
    ...(project === null ? {} : { projectId: project }),
    ...(profile === null ? {} : { backendProfile: profile }),
    ...(model === null ? {} : { model }),
  };
}

// Days as text stand in their order.
const earlier = (a: string, b: string) => (a < b ? a : b);
const later = (a: string, b: string) => (a < b ? b : a);

function back(day: string, days: number): string {
  const at = dayOf(Date.parse(day) - days * DAY_MS);
  return at < FIRST_DAY ? FIRST_DAY : at;
}
