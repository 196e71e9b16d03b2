import { type Span, spanOf, sum } from "@/components/queue/picture";
import { stepsOf } from "@/components/queue/steps";
import { ceilingOf, durationCeiling } from "@/components/ui/ceiling";
import type { Course } from "@/components/ui/course";
import type { LatencyStep, UsageLatency } from "@/contract/usage";

/** Errors are shares of a hundred: a few of them must be seen, and stay few. */
const ERRORS_TOP_MIN = 10;

export type Courses = {
  span: Span;
  /** What is known of each step; null: nothing was called in it. */
  steps: (LatencyStep | null)[];
  firstByte: { p50: Course; p95: Course; top: number };
  whole: { p50: Course; p95: Course; top: number };
  errors: { percent: Course; top: number };
};

/** A profile's latency as the courses that are drawn. */
export function coursesOf(latency: UsageLatency): Courses {
  const span = spanOf(latency);
  const steps = stepsOf(latency.items, span, ({ at }) => at);
  const of = (pick: (step: LatencyStep) => number | undefined): Course =>
    steps.map((step) => (step === null ? null : (pick(step) ?? null)));
  const quantiles = (part: "firstByte" | "whole") => {
    const p95 = of((step) => step[part]?.p95Ms);
    return { p50: of((step) => step[part]?.p50Ms), p95, top: durationCeiling(p95.map((value) => value ?? 0)) };
  };
  const percent = of((step) => errorsOf([step]) ?? undefined);
  const errors = { percent, top: ceilingOf([ERRORS_TOP_MIN, ...percent.map((value) => value ?? 0)]) };
  return { span, steps, firstByte: quantiles("firstByte"), whole: quantiles("whole"), errors };
}

/** How many of a hundred calls failed or were refused, of those that their agents did not leave; null of none. */
export function errorsOf(steps: readonly LatencyStep[]): number | null {
  const judged = sum(steps.map(({ calls, aborted }) => calls - aborted));
  return judged === 0 ? null : (100 * sum(steps.map(({ refused, failed }) => refused + failed))) / judged;
}

/** `0%`, `<0.1%`, `1.2%`, `34%`. */
export function formatPercent(percent: number): string {
  if (percent > 0 && percent < 0.1) return "<0.1%";
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)}%`;
}
