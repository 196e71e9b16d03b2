import { type Span, spanOf, sum } from "@/components/queue/charts/chart-series";
import { stepsOf } from "@/components/queue/charts/steps";
import type { StepValues } from "@/components/ui/chart/line-path";
import { durationScaleMax, scaleMax } from "@/components/ui/chart/scale-max";
import type { LatencyStep, UsageLatency } from "@/contract/usage";

/** Errors are shares of a hundred: a few of them must be seen, and stay few. */
const ERRORS_TOP_MIN = 10;

export type LatencySeries = {
  span: Span;
  /** What is known of each step; null: nothing was called in it. */
  steps: (LatencyStep | null)[];
  firstByte: { p50: StepValues; p95: StepValues; top: number };
  wholeCall: { p50: StepValues; p95: StepValues; top: number };
  errors: { percent: StepValues; top: number };
};

/** A profile's latency as the courses that are drawn. */
export function latencySeries(latency: UsageLatency): LatencySeries {
  const span = spanOf(latency);
  const steps = stepsOf(latency.items, span, ({ at }) => at);
  const valuesOf = (pick: (step: LatencyStep) => number | undefined): StepValues =>
    steps.map((step) => (step === null ? null : (pick(step) ?? null)));
  const quantiles = (timing: "firstByte" | "whole") => {
    const p95 = valuesOf((step) => step[timing]?.p95Ms);
    return { p50: valuesOf((step) => step[timing]?.p50Ms), p95, top: durationScaleMax(p95.map((value) => value ?? 0)) };
  };
  const percent = valuesOf((step) => errorsOf([step]) ?? undefined);
  const errors = { percent, top: scaleMax([ERRORS_TOP_MIN, ...percent.map((value) => value ?? 0)]) };
  return { span, steps, firstByte: quantiles("firstByte"), wholeCall: quantiles("whole"), errors };
}

/** How many of a hundred calls failed or were refused, of those that their agents did not leave; null of none. */
export function errorsOf(steps: readonly LatencyStep[]): number | null {
  const completedCalls = sum(steps.map(({ calls, aborted }) => calls - aborted));
  return completedCalls === 0
    ? null
    : (100 * sum(steps.map(({ refused, failed }) => refused + failed))) / completedCalls;
}

/** `0%`, `<0.1%`, `1.2%`, `34%`. */
export function formatPercent(percent: number): string {
  if (percent > 0 && percent < 0.1) return "<0.1%";
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)}%`;
}
