import { type Span, stepOf } from "./chart-series";

/** What is told of each step of a picture; null where nothing is. */
export function stepsOf<Row>(rows: readonly Row[], span: Span, startOf: (row: Row) => string): (Row | null)[] {
  const steps: (Row | null)[] = Array.from({ length: span.steps }, () => null);
  for (const row of rows) {
    const step = stepOf(startOf(row), span);
    if (step in steps) steps[step] = row;
  }
  return steps;
}
