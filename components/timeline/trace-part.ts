import type { Bar, View } from "./bars";

/** The event that a part of a timeline begins with: the last one known before it, else the first within it. */
export function firstSeqOf(bars: readonly Bar[], view: View): number {
  const told = bars.flatMap(({ seq, startMs, endMs }) =>
    seq === null || endMs < view.fromMs ? [] : [{ seq, startMs }],
  );
  const before = told.filter(({ startMs }) => startMs <= view.fromMs).map(({ seq }) => seq);
  if (before.length > 0) return Math.max(...before);
  return Math.min(...told.filter(({ startMs }) => startMs <= view.toMs).map(({ seq }) => seq), Number.MAX_SAFE_INTEGER);
}

/** The address of an event among the events of a part of its run's time. */
export function partAddress(eventAddress: string, view: View): string {
  const [rest = "", anchor = ""] = eventAddress.split("#");
  const [path = "", query = ""] = rest.split("?");
  const search = new URLSearchParams(query);
  search.set("from", String(Math.floor(view.fromMs)));
  search.set("to", String(Math.ceil(view.toMs)));
  return `${path}?${search}#${anchor}`;
}
