import type { Series } from "@/components/queue/charts/chart-series";
import type { Usage, UsageSummary } from "@/contract/usage";
import { daysOf } from "./days";
import type { Measure } from "./filter";
import { tokensOf } from "./words";

/** More profiles than can be told apart are drawn as one. */
const PROFILES_MAX = 4;

/** The currency of all costs; null where there is none, or several. */
export function onlyCurrency({ costs }: Pick<Usage, "costs">): string | null {
  return costs.length === 1 ? (costs[0]?.currency ?? null) : null;
}

/** A usage's size: its tokens, or what it cost in millionths. */
export function sizeOf(usage: Usage, measure: Measure): number {
  return measure === "tokens" ? tokensOf(usage) : usage.costs.reduce((sum, { costMicros }) => sum + costMicros, 0);
}

/** Each profile's days as a layer, the largest first; what is left out or too small to tell apart is the last one. */
export function seriesByProfile(summary: UsageSummary, measure: Measure): { days: string[]; series: Series[] } {
  const profiles = [...new Set(summary.items.map(({ group }) => group))];
  const allSeries = profiles
    .map((name) => ({ name, isRest: false, values: daysOf(summary, name).map(({ usage }) => sizeOf(usage, measure)) }))
    .map((series) => ({ ...series, sum: series.values.reduce((sum, value) => sum + value, 0) }))
    .sort((a, b) => b.sum - a.sum || (a.name < b.name ? -1 : 1));
  const days = daysOf(summary, "").map(({ day }) => day);
  const drawn = allSeries.length > PROFILES_MAX + 1 ? allSeries.slice(0, PROFILES_MAX) : allSeries;
  const otherProfiles = allSeries.slice(drawn.length);
  const series: Series[] = drawn.map(({ name, isRest, values }) => ({ name, isRest, values }));
  if (otherProfiles.length > 0) {
    series.push({
      ...{ name: `${otherProfiles.length} other profiles`, isRest: true },
      values: days.map((_, step) => otherProfiles.reduce((sum, { values }) => sum + (values[step] ?? 0), 0)),
    });
  }
  return { days, series };
}
