import type { Span } from "@/components/queue/picture";
import { stepsOf } from "@/components/queue/steps";
import type { Course } from "@/components/ui/course";
import type { RunnerMinute } from "@/contract/runner";

/** What a figure was in each step. */
export function courseOf(
  rows: readonly RunnerMinute[],
  span: Span,
  pick: (row: RunnerMinute) => number | null,
): Course {
  return stepsOf(rows, span, ({ minute }) => minute).map((row) => (row === null ? null : pick(row)));
}
