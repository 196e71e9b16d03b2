import { cropSpan } from "@/components/queue/charts/chart-range";
import { type Series, type Span, spanOf } from "@/components/queue/charts/chart-series";
import { stepsOf } from "@/components/queue/charts/steps";
import type { TimeAxis } from "@/components/ui/chart/crosshair";
import type { RunOutcomes } from "@/contract/run";

type Hour = RunOutcomes["items"][number];
/** The layers, from the bottom up; what completed with a failed turn stands apart from what went well. */
const LAYERS: Record<string, (hour: Hour) => number> = {
  completed: ({ completed, turnsFailed }) => completed - turnsFailed,
  "turn failed": ({ turnsFailed }) => turnsFailed,
  failed: ({ failed }) => failed,
  cancelled: ({ cancelled }) => cancelled,
};

/** How many runs of each hour ended how, as layers of one picture; an hour that is not told of had none. */
export function seriesOf(outcomes: RunOutcomes, zoom: TimeAxis | null): { span: Span; series: Series[] } {
  const span = cropSpan(spanOf(outcomes), zoom);
  const hours = stepsOf(outcomes.items, span, ({ hour }) => hour);
  const series = Object.entries(LAYERS).map(([name, countOf]) => ({
    ...{ name, isRest: false },
    values: hours.map((hour) => (hour === null ? 0 : countOf(hour))),
  }));
  return { span, series };
}
