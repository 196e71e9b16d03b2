import { z } from "zod";
import { RecordId } from "./ids";
import { RUN_STATUSES, TIMELINE_CAUSES, TIMELINE_LANES } from "./words";

export { TIMELINE_CAUSES, TIMELINE_LANES, TIMELINE_SILENCE_MS, type TimelineCause, type TimelineLane } from "./words";

/** Maximum events that one page of a timeline is made from: one range of their index. */
export const TIMELINE_EVENTS_MAX = 5_000;
/** Maximum spans of a lane, and maximum stretches, on one page; beyond that, neighbours are merged. */
export const TIMELINE_SPANS_MAX = 200;
export const TIMELINE_STRETCHES_MAX = 400;

export const ReadTimelineInput = z.strictObject({
  runId: RecordId,
  /** The cursor of an earlier page. It carries what was in progress at that page's end. */
  cursor: z.string().min(1).max(5_500).optional(),
  limit: z
    .int()
    .min(1)
    .default(TIMELINE_EVENTS_MAX)
    .transform((limit) => Math.min(limit, TIMELINE_EVENTS_MAX)),
});
export type ReadTimelineInput = z.infer<typeof ReadTimelineInput>;

const SPAN_KINDS = ["launch", "attempt", "turn", "command", "tool", "files", "approval", "archive", "many"] as const;
export type TimelineSpanKind = (typeof SPAN_KINDS)[number];

export const TimelineSpan = z.object({
  /** A later page may return a span again, under the same key, once it has ended. */
  key: z.string(),
  lane: z.enum(TIMELINE_LANES),
  kind: z.enum(SPAN_KINDS),
  label: z.string(),
  state: z.string(),
  startedAt: z.string(),
  /** null: in progress. */
  endedAt: z.string().nullable(),
  /** The seq of the event that begins the span, and of the one that ends it. */
  startSeq: z.number().nullable(),
  endSeq: z.number().nullable(),
  /** Number of spans merged into this one; above 1 where a page had too many to return each. */
  count: z.number(),
});
export type TimelineSpan = z.infer<typeof TimelineSpan>;

/** A part of the run's time, and its cause. Stretches follow each other without a gap. */
export const TimelineStretch = z.object({
  cause: z.enum(TIMELINE_CAUSES),
  startedAt: z.string(),
  /** null: until now. */
  endedAt: z.string().nullable(),
  startSeq: z.number(),
  count: z.number(),
});
export type TimelineStretch = z.infer<typeof TimelineStretch>;

export const TimelinePage = z.object({
  runId: z.string(),
  status: z.enum(RUN_STATUSES),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  spans: z.array(TimelineSpan),
  stretches: z.array(TimelineStretch),
  /** Milliseconds by cause, over everything read up to here. */
  totals: z.record(z.enum(TIMELINE_CAUSES), z.number()),
  readAt: z.string(),
  readSeq: z.number(),
  lastSeq: z.number(),
  /** Where the next page starts, even when there is none yet; null once the run has ended and everything is read. */
  cursor: z.string().nullable(),
});
export type TimelinePage = z.infer<typeof TimelinePage>;
