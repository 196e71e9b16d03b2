"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { axisOf } from "@/components/queue/charts/chart-series";
import { useTRPC } from "@/components/trpc/client";
import { latencyOf } from "@/components/trpc/lists";
import { ChartParts, Key, QuantileKeys } from "@/components/ui/chart/chart";
import { Area, ChartCanvas, P50_SWATCH, P95_SWATCH, Quantiles } from "@/components/ui/chart/chart-canvas";
import { useStepName } from "@/components/ui/chart/step-name";
import { cn } from "@/components/ui/class-names";
import { ErrorNote } from "@/components/ui/error/error-note";
import { formatDuration, formatPlural } from "@/components/ui/format";
import type { LatencyStep, UsageLatency } from "@/contract/usage";
import type { LatencyWindow } from "@/contract/words";
import { errorsOf, formatPercent, latencySeries } from "./latency";
import { WINDOW_NAMES } from "./windows";

const HEIGHT = 40;
const ERRORS = "bg-bad-fill";

type LatencyProps = { profile: string; within: LatencyWindow };

/** How long a profile's calls took over time, and how many of them went wrong. */
export function Latency({ profile, within }: LatencyProps) {
  const trpc = useTRPC();
  const { data: latency, error } = useQuery(latencyOf(trpc, profile, within));
  return (
    <section aria-label={`Latency of ${profile}`} className="flex flex-col gap-2 border-t pt-3">
      <h3 className="text-xs font-semibold">Latency</h3>
      <ErrorNote error={error} />
      {/* Until it is known, the card holds its room. */}
      {latency === undefined ? null : latency.items.length === 0 ? (
        <p className="text-xs text-ink-3">No calls in the last {WINDOW_NAMES[within]}</p>
      ) : (
        <LatencyChart latency={latency} {...{ profile, within }} />
      )}
    </section>
  );
}

function LatencyChart({ latency, profile, within }: LatencyProps & { latency: UsageLatency }) {
  const { span, steps, firstByte, wholeCall, errors } = latencySeries(latency);
  const when = useStepName(span);
  const window = WINDOW_NAMES[within];
  const calls = latency.items.reduce((sum, step) => sum + step.calls, 0);
  const last = steps.findLast((step) => step?.firstByte != null) ?? null;
  const isSampled = latency.items.some((step) => step.isSampled);
  const errorPercent = errorsOf(latency.items);
  return (
    <ChartParts
      title={`Latency of ${profile}`}
      summary={summaryOf({ window, calls, last, errorPercent })}
      scale={null}
      top={`First byte, ${formatDuration(firstByte.top)}`}
      from={`${window} ago`}
      to="now"
      legend={
        <>
          <QuantileKeys p50={formatOrNone(last?.whole?.p50Ms)} p95={formatOrNone(last?.whole?.p95Ms)} />
          <Key swatch={ERRORS} name="Errors" value={errorPercent === null ? "—" : formatPercent(errorPercent)} />
          <span className="text-ink-3">
            {isSampled ? `Sample of ${formatPlural(calls, "call")}` : formatPlural(calls, "call")}
          </span>
        </>
      }
      plot={
        <div className="flex flex-col gap-1">
          <Part steps={span.steps} className="h-10">
            <Quantiles {...firstByte} height={HEIGHT} />
          </Part>
          <Part steps={span.steps} className="h-10" label={`Full response, ${formatDuration(wholeCall.top)}`}>
            <Quantiles {...wholeCall} height={HEIGHT} />
          </Part>
          <Part steps={span.steps} className="h-6" label={`Errors, ${formatPercent(errors.top)}`}>
            <Area values={errors.percent} top={errors.top} height={HEIGHT} className="fill-bad-fill" />
          </Part>
        </div>
      }
      axis={axisOf(span)}
      swatches={[undefined, ERRORS, P50_SWATCH, P95_SWATCH, P50_SWATCH, P95_SWATCH]}
      columns={["Time", "Calls", "Errors", ...TIMES]}
      rows={steps.map((step, index) => [when(index), ...tableRow(step)])}
    />
  );
}

const TIMES = ["First byte, median", "First byte, p95", "Full response, median", "Full response, p95"];

function tableRow(step: LatencyStep | null): string[] {
  if (step === null) return ["0", "—", ...TIMES.map(() => "—")];
  const { calls, isSampled, firstByte, whole: wholeCall } = step;
  const errorPercent = errorsOf([step]);
  return [
    isSampled ? `${calls.toLocaleString("en")} (sample)` : calls.toLocaleString("en"),
    errorPercent === null ? "—" : formatPercent(errorPercent),
    ...[firstByte?.p50Ms, firstByte?.p95Ms, wholeCall?.p50Ms, wholeCall?.p95Ms].map(formatOrNone),
  ];
}

function formatOrNone(ms: number | undefined): string {
  return ms === undefined ? "—" : formatDuration(ms);
}

type LatencyLegend = { window: string; calls: number; last: LatencyStep | null; errorPercent: number | null };

function summaryOf({ window, calls, last, errorPercent }: LatencyLegend): string {
  const times =
    last === null
      ? "none completed"
      : `latest median ${formatOrNone(last.firstByte?.p50Ms)} to the first byte, ${formatOrNone(last.whole?.p50Ms)} in total`;
  const errors = errorPercent === null ? "" : `, ${formatPercent(errorPercent)} failed or were refused`;
  return `Calls of the last ${window}: ${formatPlural(calls, "call")}${errors}; ${times}`;
}

function Part({
  steps,
  className,
  label,
  children,
}: {
  steps: number;
  className: string;
  label?: string;
  children: ReactNode;
}) {
  return (
    <div>
      {label !== undefined && <p className="text-2xs leading-4 text-ink-3 tabular-nums">{label}</p>}
      <ChartCanvas width={steps} height={HEIGHT} className={cn("border-b", className)}>
        {children}
      </ChartCanvas>
    </div>
  );
}
