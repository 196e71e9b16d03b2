import { cropped } from "@/components/queue/part";
import { type Series, type Span, spanOf } from "@/components/queue/picture";
import { stepsOf } from "@/components/queue/steps";
import type { TimeAxis } from "@/components/ui/crosshair";
import type { RunOutcomes } from "@/contract/run";

const NAMES = ["completed", "failed", "cancelled"] as const;

/** How many runs of each hour ended how, as layers of one picture; an hour that is not told of had none. */
export function seriesOf(outcomes: RunOutcomes, part: TimeAxis | null): { span: Span; series: Series[] } {
  const span = cropped(spanOf(outcomes), part);
  const hours = stepsOf(outcomes.items, span, ({ hour }) => hour);
  const series = NAMES.map((name) => ({ name, isRest: false, values: hours.map((hour) => hour?.[name] ?? 0) }));
  return { span, series };
}
