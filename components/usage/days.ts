import type { Usage, UsageRow, UsageSummary } from "@/contract/usage";

const DAY_MS = 86_400_000;
const NO_USAGE: Usage = {
  ...{ calls: 0, ok: 0, refused: 0, failed: 0, aborted: 0 },
  ...{ inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  ...{ uncountedCalls: 0, unpricedCalls: 0, costs: [] },
};

export type UsageDay = { day: string; usage: Usage };

/** One group's days, every one of them, the oldest first. */
export function daysOf({ from, to, items }: Pick<UsageSummary, "from" | "to" | "items">, group: string): UsageDay[] {
  const rowsByDay = new Map<string | null, UsageRow>();
  for (const row of items) if (row.group === group) rowsByDay.set(row.day, row);
  const days: UsageDay[] = [];
  for (let ms = Date.parse(from); ms <= Date.parse(to); ms += DAY_MS) {
    const day = new Date(ms).toISOString().slice(0, 10);
    days.push({ day, usage: rowsByDay.get(day)?.usage ?? NO_USAGE });
  }
  return days;
}

/** What several days took together; money of each currency apart. */
export function addUp(days: readonly UsageDay[]): Usage {
  const sum = { ...NO_USAGE };
  const costs = new Map<string, number>();
  for (const { usage } of days) {
    for (const key of Object.keys(sum) as (keyof Usage)[]) if (key !== "costs") sum[key] += usage[key];
    for (const { currency, costMicros } of usage.costs) costs.set(currency, (costs.get(currency) ?? 0) + costMicros);
  }
  return { ...sum, costs: [...costs].sort().map(([currency, costMicros]) => ({ currency, costMicros })) };
}

const SHORT = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });

/** `3 Mar`: a day of UTC; nothing for what is none. */
export function shortDay(day: string): string {
  return day === "" ? "" : SHORT.format(Date.parse(day));
}

/** When a day of UTC begins; 0 for what is none. */
export function dayMs(day: string): number {
  return day === "" ? 0 : Date.parse(day);
}
