import { type Span, stepOf } from "@/components/queue/picture";
import type { Course } from "@/components/ui/course";
import type { RunnerMinute } from "@/contract/runner";

/** What a figure was in each step. */
export function courseOf(
  rows: readonly RunnerMinute[],
  span: Span,
  pick: (row: RunnerMinute) => number | null,
): Course {
  const course: Course = Array.from({ length: span.steps }, () => null);
  for (const row of rows) {
    const step = stepOf(row.minute, span);
    if (step >= 0 && step < span.steps) course[step] = pick(row);
  }
  return course;
}
