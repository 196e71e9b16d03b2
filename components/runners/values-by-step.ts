import type { Span } from "@/components/queue/charts/chart-series";
import { stepsOf } from "@/components/queue/charts/steps";
import type { StepValues } from "@/components/ui/chart/line-path";
import type { RunnerMinute } from "@/contract/runner";

/** What a figure was in each step. */
export function valuesByStep(
  rows: readonly RunnerMinute[],
  span: Span,
  pick: (row: RunnerMinute) => number | null,
): StepValues {
  return stepsOf(rows, span, ({ minute }) => minute).map((row) => (row === null ? null : pick(row)));
}
