import type { Bar, View } from "./bars";

/** The event that a part of a timeline begins with: the last one known before it, else the first within it. */
export function firstSeqOf(bars: readonly Bar[], view: View): number {
  const candidates = bars.flatMap(({ seq, startMs, endMs }) =>
    seq === null || endMs < view.fromMs ? [] : [{ seq, startMs }],
  );
  const before = candidates.filter(({ startMs }) => startMs <= view.fromMs).map(({ seq }) => seq);
  if (before.length > 0) return Math.max(...before);
  return Math.min(
    ...candidates.filter(({ startMs }) => startMs <= view.toMs).map(({ seq }) => seq),
    Number.MAX_SAFE_INTEGER,
  );
}

/** The address of an event among the events of a part of its run's time. */
export function rangeAddress(eventAddress: string, view: View): string {
  const [base = "", anchor = ""] = eventAddress.split("#");
  const [path = "", query = ""] = base.split("?");
  const search = new URLSearchParams(query);
  search.set("from", String(Math.floor(view.fromMs)));
  search.set("to", String(Math.ceil(view.toMs)));
  return `${path}?${search}#${anchor}`;
}

/** How many parts of a millisecond an address tells apart: few enough that it can be read, enough to zoom on from it. */
const PARTS = 100;

/** A part of a timeline as an address holds it, and back; null where it names none. */
export function toRangeParams(view: View): { from: number; to: number } {
  return { from: Math.floor(view.fromMs * PARTS) / PARTS, to: Math.ceil(view.toMs * PARTS) / PARTS };
}

export function rangeFromParams({ from, to }: { from: number | null; to: number | null }): View | null {
  return from === null || to === null || !(from < to) ? null : { fromMs: from, toMs: to };
}
