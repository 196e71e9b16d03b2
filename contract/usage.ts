import { z } from "zod";
import { FAILURE_KINDS } from "./errors";
import { RecordId } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { LATENCY_WINDOWS } from "./words";

/** Tokens as a provider counted them for one answer; null where it did not say. */
export type TokenUsage = {
  /** Cached ones are among them. */
  inputTokens: number | null;
  cachedInputTokens: number | null;
  /** Those of its reasoning are among them. */
  outputTokens: number | null;
  reasoningTokens: number | null;
};

const PRICE_MAX = 1_000_000;
/** Prices are integers of these in every sum: no money is ever a fraction here. */
const MICROS = 1_000_000;

/** What a million tokens cost; finer than a millionth of the currency would be lost. */
const PricePerMillion = z
  .number()
  .min(0)
  .max(PRICE_MAX)
  .refine((price) => microsOf(price) / MICROS === price, "at most six decimals");

/** A price in millionths of its currency. */
export function microsOf(price: number): number {
  return Math.round(price * MICROS);
}

export const Prices = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "a currency's three letters, such as USD")
    .default("USD"),
  inputPerMillion: PricePerMillion,
  /** Absent: as other input. */
  cachedInputPerMillion: PricePerMillion.optional(),
  outputPerMillion: PricePerMillion,
  /** Absent: as other output. */
  reasoningPerMillion: PricePerMillion.optional(),
});
export type Prices = z.infer<typeof Prices>;

/** How a call to a model ended: answered whole, not taken (4xx), broken or not reached, or left by its agent. */
export const CALL_OUTCOMES = ["ok", "refused", "failed", "aborted"] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

export const ModelCall = z.object({
  id: z.string(),
  tenantId: z.string(),
  projectId: z.string(),
  runId: z.string(),
  sessionId: z.string().nullable(),
  taskId: z.string().nullable(),
  backendProfile: z.string(),
  /** The one that the agent asked for. */
  model: z.string(),
  startedAt: z.string(),
  /** To the first byte of the answer; null where none came. */
  firstByteMs: z.number().nullable(),
  durationMs: z.number(),
  outcome: z.enum(CALL_OUTCOMES),
  failureKind: z.enum(FAILURE_KINDS).nullable(),
  reason: z.string().nullable(),
  /** What the agent was answered; null where it left before. */
  httpStatus: z.number().nullable(),
  inputTokens: z.number().nullable(),
  cachedInputTokens: z.number().nullable(),
  outputTokens: z.number().nullable(),
  reasoningTokens: z.number().nullable(),
  /** In millionths of the currency, by the price at that time; null without a price or without token counts. */
  costMicros: z.number().nullable(),
  currency: z.string().nullable(),
});
export type ModelCall = z.infer<typeof ModelCall>;
export const ModelCallPage = pageOf(ModelCall);

/** What calls took. */
export const Spent = z.object({
  calls: z.number(),
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
  reasoningTokens: z.number(),
  /** Calls that were not refused, and of which nobody said how many tokens they took. */
  uncountedCalls: z.number(),
  /** Calls with token counts and without a price. */
  unpricedCalls: z.number(),
  /** One for each currency; none where nothing had a price. */
  costs: z.array(z.object({ currency: z.string(), costMicros: z.number() })),
});
export type Spent = z.infer<typeof Spent>;

/** What several calls add up to. */
export const Usage = Spent.extend({
  ok: z.number(),
  refused: z.number(),
  failed: z.number(),
  aborted: z.number(),
});
export type Usage = z.infer<typeof Usage>;

export const UsageOfRunInput = z.strictObject({ runId: RecordId });
export const UsageOfSessionInput = z.strictObject({ sessionId: RecordId });
export const UsageOfTaskInput = z.strictObject({ taskId: RecordId });
/** Of a run, session or task: what it took in all, and of each model. */
export const UsageOf = z.object({
  total: Usage,
  /** The most tokens first. */
  models: z.array(z.object({ backendProfile: z.string(), model: z.string(), usage: Usage })),
});
export type UsageOf = z.infer<typeof UsageOf>;

export const USAGE_GROUPS = ["profile", "model", "tenant", "project", "day", "session", "task", "run"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];
export const USAGE_DAYS_MAX = 366;
const DAY_MS = 86_400_000;

const Day = z.iso.date({ error: "a day of UTC, such as 2026-01-31" }).refine((day) => day >= "2000-01-01", {
  error: "a day since 2000",
});
/** A profile, a model or another name that is looked up and never made. */
const Name = RecordId;

export const UsageSummaryInput = z
  .strictObject({
    groupBy: z.enum(USAGE_GROUPS).default("profile"),
    /** Tells each group's days apart. */
    byDay: z.boolean().default(false),
    /** The first day and the last, of UTC; the last seven unless told. */
    from: Day.optional(),
    to: Day.optional(),
    tenantId: RecordId.optional(),
    projectId: RecordId.optional(),
    backendProfile: Name.optional(),
    model: Name.optional(),
    limit: pageLimit(LIST_LIMIT_MAX),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    error: "must not be after the last day",
    path: ["from"],
  })
  .refine(({ from, to }) => from === undefined || daysBetween(from, to) <= USAGE_DAYS_MAX, {
    error: `at most ${USAGE_DAYS_MAX} days`,
    path: ["from"],
  });
export type UsageSummaryInput = z.infer<typeof UsageSummaryInput>;

function daysBetween(from: string, to: string | undefined): number {
  return (Date.parse(to ?? new Date().toISOString().slice(0, 10)) - Date.parse(from)) / DAY_MS + 1;
}

export const UsageRow = z.object({
  /** The profile, model or whatever else is grouped by; empty for calls without a session or task. */
  group: z.string(),
  /** null unless days are told apart. */
  day: z.string().nullable(),
  usage: Usage,
});
export type UsageRow = z.infer<typeof UsageRow>;
export const UsageSummary = z.object({
  from: z.string(),
  to: z.string(),
  groupBy: z.enum(USAGE_GROUPS),
  /** The groups with the most tokens first, days the newest first. */
  items: z.array(UsageRow),
  /** Of all groups, those that are left out included. */
  total: Usage,
  groupsLeftOut: z.number(),
});
export type UsageSummary = z.infer<typeof UsageSummary>;

export const ListCallsInput = z.strictObject({
  callId: RecordId.optional(),
  runId: RecordId.optional(),
  sessionId: RecordId.optional(),
  taskId: RecordId.optional(),
  backendProfile: Name.optional(),
  model: Name.optional(),
  outcome: z.enum(CALL_OUTCOMES).optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListCallsInput = z.infer<typeof ListCallsInput>;

const Counted = z.object({
  calls: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  costMicros: z.number(),
});
/** A day's sum that says something else than its calls. */
export const UsageDifference = z.object({
  day: z.string(),
  tenantId: z.string(),
  projectId: z.string(),
  backendProfile: z.string(),
  model: z.string(),
  currency: z.string(),
  summed: Counted,
  inCalls: Counted,
});
export const UsageVerification = z.object({
  /** Neither a day's sum differs nor a session's. */
  isEqual: z.boolean(),
  /** Calls that are there. */
  calls: z.number(),
  /** Days' sums: one for each day, tenant, project, profile, model and currency. */
  sums: z.number(),
  differing: z.number(),
  /** The first 100. */
  differences: z.array(UsageDifference),
  /** Sums of sessions, one for each currency. A difference is one that is less than its calls: old ones may be gone. */
  sessions: z.object({
    sums: z.number(),
    differing: z.number(),
    differences: z.array(z.object({ sessionId: z.string(), currency: z.string(), summed: Counted, inCalls: Counted })),
  }),
});
export type UsageVerification = z.infer<typeof UsageVerification>;

export const UsageLatencyInput = z.strictObject({
  profile: Name,
  within: z.enum(LATENCY_WINDOWS).default("24h"),
  tenantId: RecordId.optional(),
});
export type UsageLatencyInput = z.infer<typeof UsageLatencyInput>;
/** Half of the answers, and 95 of 100 of them, were there within. */
const Quantiles = z.object({ p50Ms: z.number(), p95Ms: z.number() });
export type Quantiles = z.infer<typeof Quantiles>;
/** Calls that began in one hour or day of UTC. */
export const LatencyStep = z.object({
  at: z.string(),
  /** Those that were read, by how they ended. */
  calls: z.number(),
  ok: z.number(),
  refused: z.number(),
  failed: z.number(),
  aborted: z.number(),
  /** Of answers that came whole: to the first byte, and to the end; null where there was none. */
  firstByte: Quantiles.nullable(),
  whole: Quantiles.nullable(),
  /** There were more calls than are read: these are spread evenly over the step. */
  isSampled: z.boolean(),
});
export type LatencyStep = z.infer<typeof LatencyStep>;
export const UsageLatency = z.object({
  from: z.string(),
  to: z.string(),
  stepMinutes: z.number(),
  /** The oldest first; a step without a call is not told of. */
  items: z.array(LatencyStep),
});
export type UsageLatency = z.infer<typeof UsageLatency>;
