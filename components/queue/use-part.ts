import { createParser, useQueryState } from "nuqs";
import { toServerTime } from "@/components/ui/clock";
import type { TimeAxis } from "@/components/ui/crosshair";
import { useStepName } from "@/components/ui/step-name";
import { canShow, minutesFor, type Over, overLast, parsePart, printPart } from "./part";
import { RANGES } from "./picture";

const parseAsPart = createParser<TimeAxis>({ parse: parsePart, serialize: printPart });

export type Part = {
  /** The time that is shown alone; null: up to now. */
  part: TimeAxis | null;
  setPart: (part: TimeAxis | null) => void;
  /** How far back has to be asked for. */
  minutes: number;
  over: Over;
  /** Nothing was kept of that time, or it has not come. */
  isBeyond: boolean;
};

/** The time that a page's pictures go over: up to now, or the part that the address names. A part is a step that back takes. */
export function usePart(range: keyof typeof RANGES): Part {
  const [part, setPart] = useQueryState("part", parseAsPart);
  // Close enough: whatever is shown is asked for again every few seconds.
  const nowMs = toServerTime(Date.now());
  const nameOf = useStepName({ fromMs: 0, stepMs: 1 });
  const set = (next: TimeAxis | null) => void setPart(next, { history: "push" });
  if (part === null) return { part, setPart: set, minutes: RANGES[range], over: overLast(range), isBeyond: false };
  const [from, to] = [nameOf(part.fromMs), nameOf(part.toMs)];
  return {
    ...{ part, setPart: set, minutes: minutesFor(part, nowMs) },
    over: { words: `from ${from} to ${to}`, from, to, end: "at its end" },
    isBeyond: !canShow(part, nowMs),
  };
}
