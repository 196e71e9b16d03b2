import { TIMELINE_LANES, type TimelineSpan, type TimelineStretch } from "@/contract/timeline";

const BAD_STATES = new Set(["failed", "lost", "declined", "cut off"]);

/**
 * Returns the spans of a page, at most `max` in each lane: if there are more, neighbours are merged into one. Spans of
 * an earlier page keep their key, because their end is matched to them by it.
 */
export function bundleSpans(spans: readonly TimelineSpan[], keptKeys: ReadonlySet<string>, max: number) {
  return TIMELINE_LANES.flatMap((lane) => {
    const named = spans.filter((span) => span.lane === lane && (keptKeys.has(span.key) || span.endedAt === null));
    const fresh = spans.filter((span) => span.lane === lane && !keptKeys.has(span.key) && span.endedAt !== null);
    if (fresh.length <= max) return [...named, ...fresh];
    const sorted = fresh.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
    return [...named, ...chunks(sorted, max).map(together)];
  });
}

function together(spans: readonly TimelineSpan[]): TimelineSpan {
  const [first, ...rest] = spans;
  if (first === undefined) throw new Error("a bundle holds a span at least");
  if (rest.length === 0) return first;
  const last = spans.reduce((latest, span) => ((span.endedAt ?? "") > (latest.endedAt ?? "") ? span : latest));
  return {
    ...first,
    key: `many:${first.key}`,
    kind: "many",
    label: "",
    state: spans.find((span) => BAD_STATES.has(span.state))?.state ?? "completed",
    endedAt: last.endedAt,
    endSeq: last.endSeq,
    count: spans.reduce((sum, span) => sum + span.count, 0),
  };
}

/**
 * Returns the stretches of a page, at most `max`: neighbours are merged into one, which has the cause that took most of
 * its time.
 */
export function bundleStretches(stretches: readonly TimelineStretch[], max: number): TimelineStretch[] {
  if (stretches.length <= max) return [...stretches];
  return chunks(stretches, max).map((chunk) => {
    const [first] = chunk;
    if (first === undefined) throw new Error("a bundle holds a stretch at least");
    const lengths = new Map<TimelineStretch["cause"], number>();
    for (const stretch of chunk) lengths.set(stretch.cause, (lengths.get(stretch.cause) ?? 0) + lengthOf(stretch));
    const [cause] = [...lengths].reduce((longest, entry) => (entry[1] > longest[1] ? entry : longest));
    return { ...first, cause, endedAt: chunk.at(-1)?.endedAt ?? null, count: chunk.length };
  });
}

function lengthOf({ startedAt, endedAt }: TimelineStretch): number {
  return endedAt === null ? 0 : Date.parse(endedAt) - Date.parse(startedAt);
}

function chunks<Item>(items: readonly Item[], max: number): Item[][] {
  const size = Math.ceil(items.length / max);
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
