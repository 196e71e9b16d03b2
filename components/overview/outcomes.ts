import { cropped } from "@/components/queue/part";
import { type Series, type Span, spanOf, stepOf } from "@/components/queue/picture";
import type { TimeAxis } from "@/components/ui/crosshair";
import type { RunOutcomes } from "@/contract/run";

const NAMES = ["completed", "failed", "cancelled"] as const;

/** How many runs of each hour ended how, as layers of one picture; an hour that is not told of had none. */
export function seriesOf(outcomes: RunOutcomes, part: TimeAxis | null): { span: Span; series: Series[] } {
  const span = cropped(spanOf(outcomes), part);
  const series = NAMES.map((name) => {
    const values = Array.from({ length: span.steps }, () => 0);
    for (const { hour, [name]: count } of outcomes.items) {
      const step = stepOf(hour, span);
      if (step in values) values[step] = count;
    }
    return { name, isRest: false, values };
  });
  return { span, series };
}
