import { z } from "zod";
import { ChosenId, Instant, Int32, RecordId, requiredText, text } from "./ids";
import { RawJsonObject } from "./json";
import { CHANGES_LIMIT_MAX, Cursor, EVENTS_LIMIT_MAX, EVENTS_SEARCH_LIMIT_MAX, pageLimit } from "./page";
import { EVENT_TYPES, type EventType } from "./words";

export { EVENT_TYPES, type EventType } from "./words";

/** The event types that a person reads as the agent's output. */
export const OUTPUT_EVENT_TYPES = [
  "assistant_message",
  "command_output",
  "tool_output",
  "diff",
  "file_change",
  "error",
  "terminal_status",
] as const satisfies readonly EventType[];

export const APPEND_EVENTS_MAX = 500;

const AppendedEvent = z.strictObject({
  type: z.enum(EVENT_TYPES).refine((type) => type !== "terminal_status", "is written by the server when the run ends"),
  payload: RawJsonObject,
  at: Instant.optional(),
});

export const AppendEventsInput = z.strictObject({
  runId: RecordId,
  runnerId: ChosenId.optional(),
  leaseEpoch: Int32.optional(),
  batchId: requiredText(128).optional(),
  events: z.array(AppendedEvent).min(1).max(APPEND_EVENTS_MAX),
});
export type AppendEventsInput = z.infer<typeof AppendEventsInput>;

export const AppendAnswer = z.object({
  items: z.array(z.object({ id: z.string(), seq: z.number() })),
  lastSeq: z.number(),
});
export type AppendAnswer = z.infer<typeof AppendAnswer>;

export const GetEventInput = z.strictObject({ eventId: RecordId });
export const ListEventsInput = z.strictObject({
  runId: RecordId,
  afterSeq: Int32.default(0),
  limit: pageLimit(EVENTS_LIMIT_MAX),
});
export type ListEventsInput = z.infer<typeof ListEventsInput>;

/** The event types that report which files a run's turns changed. */
export const CHANGE_EVENT_TYPES = ["file_change", "diff"] as const satisfies readonly EventType[];

export const ListChangesInput = z.strictObject({
  runId: RecordId,
  afterSeq: Int32.default(0),
  limit: pageLimit(CHANGES_LIMIT_MAX),
});
export type ListChangesInput = z.infer<typeof ListChangesInput>;

export const RunEvent = z.object({
  id: z.string(),
  runId: z.string(),
  seq: z.number(),
  type: z.string(),
  payload: z.record(z.string(), z.unknown()),
  createdAt: z.string(),
});
export type RunEvent = z.infer<typeof RunEvent>;
export const EventPage = z.object({ items: z.array(RunEvent), cursor: z.string().nullable(), lastSeq: z.number() });
export type EventPage = z.infer<typeof EventPage>;

/** Event types, comma-separated, because a query can name a key once only. Old rows have types of their own. */
const TypeNames = text(1_000)
  .transform((names) => names.split(","))
  .refine((names) => names.every((name) => /^[\w.-]{1,64}$/.test(name)), "types of event, with commas between them");

export const SearchEventsInput = z.strictObject({
  runId: RecordId,
  /** Found anywhere in the payload or the type, ignoring case; or the id of one event. */
  text: text(200).optional(),
  types: TypeNames.optional(),
  withoutTypes: TypeNames.optional(),
  /** Only events that report a failure. */
  isFailed: z.boolean().optional(),
  since: Instant.optional(),
  until: Instant.optional(),
  /** Where the search begins. */
  order: z.enum(["newest", "oldest"]).default("newest"),
  /** The first seq to look at; by default the last or the first event, depending on `order`. */
  fromSeq: Int32.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(EVENTS_SEARCH_LIMIT_MAX),
});
export type SearchEventsInput = z.infer<typeof SearchEventsInput>;

export const EVENT_EXCERPT_MAX = 240;
export const FoundEvent = z.object({
  id: z.string(),
  seq: z.number(),
  type: z.string(),
  createdAt: z.string(),
  isFailed: z.boolean(),
  /** Part of the payload: the text around the match, or what the event is about. */
  excerpt: z.string(),
});
export type FoundEvent = z.infer<typeof FoundEvent>;

export const FoundEventPage = z.object({
  items: z.array(FoundEvent),
  /** null when nothing is left to look at. */
  cursor: z.string().nullable(),
  /** The lowest and highest seq that this page has looked at; null: none. */
  searched: z.object({ firstSeq: z.number(), lastSeq: z.number() }).nullable(),
  lastSeq: z.number(),
});
export type FoundEventPage = z.infer<typeof FoundEventPage>;

/**
 * Maximum length of text that is still being written. The text is whole so far, or its last 6,000 characters; it is
 * never stored.
 */
export const LIVE_TEXT_MAX = 6_000;
export const LIVE_KINDS = ["assistant_message", "reasoning", "command_output"] as const;
export const LiveFrame = z.strictObject({
  itemId: requiredText(256),
  kind: z.enum(LIVE_KINDS),
  turnId: requiredText(256).optional(),
  /** The thread of the sub-agent that writes; left out when the session's own agent writes. */
  agentThreadId: requiredText(256).optional(),
  text: text(LIVE_TEXT_MAX),
});
export type LiveFrame = z.infer<typeof LiveFrame>;
export const LiveFramesInput = z.strictObject({
  runId: RecordId,
  leaseEpoch: Int32.optional(),
  frames: z.array(LiveFrame).min(1).max(32),
});
export type LiveFramesInput = z.infer<typeof LiveFramesInput>;
