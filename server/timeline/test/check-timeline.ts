import { TIMELINE_CAUSES, type TimelineSpan, type TimelineStretch } from "@/contract/timeline";

export type WholeTimeline = {
  startMs: number;
  endMs: number;
  spans: TimelineSpan[];
  stretches: TimelineStretch[];
  totals: Record<string, number>;
};

/** Returns what is wrong with the timeline of an ended run; empty: nothing. */
export function findFaults({ startMs, endMs, spans, stretches, totals }: WholeTimeline): string[] {
  const faults: string[] = [];
  let atMs = startMs;
  for (const { cause, startedAt, endedAt } of stretches) {
    const end = endedAt === null ? Number.NaN : Date.parse(endedAt);
    if (Date.parse(startedAt) !== atMs) faults.push(`a stretch of ${cause} does not begin where the last one ended`);
    if (!(end > atMs)) faults.push(`a stretch of ${cause} has no length`);
    atMs = end;
  }
  if (atMs !== endMs) faults.push("the stretches do not end with the run");
  for (const cause of TIMELINE_CAUSES) {
    const sum = stretches.filter((one) => one.cause === cause).reduce((ms, one) => ms + lengthOf(one), 0);
    if (sum !== totals[cause]) faults.push(`${cause} took ${sum} ms, and its total says ${totals[cause]}`);
  }
  const total = Object.values(totals).reduce((ms, one) => ms + one, 0);
  if (total !== endMs - startMs) faults.push(`the totals make ${total} ms of ${endMs - startMs}`);

  for (const span of spans) {
    if (span.endedAt === null) faults.push(`${span.key} has no end`);
    if (lengthOf(span) < 0) faults.push(`${span.key} is negative`);
    if (Date.parse(span.startedAt) < startMs || Date.parse(span.endedAt ?? "") > endMs)
      faults.push(`${span.key} lies outside its run`);
  }
  if (new Set(spans.map((span) => span.key)).size !== spans.length) faults.push("two spans have one key");
  faults.push(...overlaps(spans, "attempt"), ...overlaps(spans, "turn"));
  const inside: [TimelineSpan["kind"], TimelineSpan["kind"]][] = [
    ...(["command", "tool", "files", "approval"] as const).map((kind): [typeof kind, "turn"] => [kind, "turn"]),
    ["turn", "attempt"],
  ];
  for (const [kind, around] of inside) {
    for (const span of spans.filter((one) => one.kind === kind)) {
      if (!spans.some((one) => one.kind === around && holds(one, span))) faults.push(`${span.key} is in no ${around}`);
    }
  }
  return faults;
}

function overlaps(spans: TimelineSpan[], kind: TimelineSpan["kind"]): string[] {
  const ofKind = spans
    .filter((span) => span.kind === kind)
    .toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt) || (a.startSeq ?? 0) - (b.startSeq ?? 0));
  return ofKind.flatMap((span, index) => {
    const next = ofKind[index + 1];
    return next !== undefined && Date.parse(next.startedAt) < Date.parse(span.endedAt ?? "")
      ? [`${span.key} overlaps ${next.key}`]
      : [];
  });
}

function holds(outer: TimelineSpan, inner: TimelineSpan): boolean {
  return (
    Date.parse(outer.startedAt) <= Date.parse(inner.startedAt) &&
    Date.parse(outer.endedAt ?? "") >= Date.parse(inner.endedAt ?? "")
  );
}

function lengthOf({ startedAt, endedAt }: { startedAt: string; endedAt: string | null }): number {
  return Date.parse(endedAt ?? "") - Date.parse(startedAt);
}
