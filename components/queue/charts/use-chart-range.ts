import { createParser, useQueryState } from "nuqs";
import type { TimeAxis } from "@/components/ui/chart/crosshair";
import { useStepName } from "@/components/ui/chart/step-name";
import { toServerTime } from "@/components/ui/time/clock";
import { canShow, lastPeriodWords, minutesFor, type PeriodWords, parseRange, serializeRange } from "./chart-range";
import { RANGES } from "./chart-series";

const parseAsZoom = createParser<TimeAxis>({ parse: parseRange, serialize: serializeRange });

export type ChartRange = {
  /** The time that is shown alone; null: up to now. */
  zoom: TimeAxis | null;
  setZoom: (zoom: TimeAxis | null) => void;
  /** How far back has to be asked for. */
  minutes: number;
  periodWords: PeriodWords;
  /** Nothing was kept of that time, or it has not come. */
  isOutOfRange: boolean;
};

/** The time that a page's pictures go over: up to now, or the part that the address names. A part is a step that back takes. */
export function useChartRange(range: keyof typeof RANGES): ChartRange {
  const [zoom, setZoom] = useQueryState("part", parseAsZoom);
  // Close enough: whatever is shown is asked for again every few seconds.
  const nowMs = toServerTime(Date.now());
  const nameOf = useStepName({ fromMs: 0, stepMs: 1 });
  const set = (next: TimeAxis | null) => void setZoom(next, { history: "push" });
  if (zoom === null)
    return { zoom, setZoom: set, minutes: RANGES[range], periodWords: lastPeriodWords(range), isOutOfRange: false };
  const [from, to] = [nameOf(zoom.fromMs), nameOf(zoom.toMs)];
  return {
    ...{ zoom, setZoom: set, minutes: minutesFor(zoom, nowMs) },
    periodWords: { sentence: `from ${from} to ${to}`, from, to, lastStep: "at its end" },
    isOutOfRange: !canShow(zoom, nowMs),
  };
}
