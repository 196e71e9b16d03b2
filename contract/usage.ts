import { z } from "zod";
import { FAILURE_KINDS } from "./errors";
import { RecordId } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { LATENCY_WINDOWS, USAGE_DAYS_MAX } from "./words";

/** Token counts of one answer from its provider; null where the provider did not report them. */
export type TokenUsage = {
  /** Includes cached tokens. */
  inputTokens: number | null;
  cachedInputTokens: number | null;
  /** Includes reasoning tokens. */
  outputTokens: number | null;
  reasoningTokens: number | null;
};

const PRICE_MAX = 1_000_000;
/** Every sum keeps prices as integers in millionths, so that no money is ever a fraction. */
const MICROS = 1_000_000;

/** The price of a million tokens. Anything finer than a millionth of the currency would be lost. */
const PricePerMillion = z
  .number()
  .min(0)
  .max(PRICE_MAX)
  .refine((price) => microsOf(price) / MICROS === price, "at most six decimals");

/** Converts a price to millionths of its currency. */
export function microsOf(price: number): number {
  return Math.round(price * MICROS);
}

export const Prices = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "a currency's three letters, such as USD")
    .default("USD"),
  inputPerMillion: PricePerMillion,
  /** Defaults to the price of other input. */
  cachedInputPerMillion: PricePerMillion.optional(),
  outputPerMillion: PricePerMillion,
  /** Defaults to the price of other output. */
  reasoningPerMillion: PricePerMillion.optional(),
});
export type Prices = z.infer<typeof Prices>;

/**
 * How a call to a model ended: answered completely, refused (4xx), broken or not reached, or abandoned by its agent.
 */
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
  /** The model that the agent requested. */
  model: z.string(),
  startedAt: z.string(),
  /** Until the first byte of the answer; null where none came. */
  firstByteMs: z.number().nullable(),
  durationMs: z.number(),
  outcome: z.enum(CALL_OUTCOMES),
  failureKind: z.enum(FAILURE_KINDS).nullable(),
  reason: z.string().nullable(),
  /** The status that the agent received; null where it left before. */
  httpStatus: z.number().nullable(),
  inputTokens: z.number().nullable(),
  cachedInputTokens: z.number().nullable(),
  outputTokens: z.number().nullable(),
  reasoningTokens: z.number().nullable(),
  /** In millionths of the currency, by the price at that time; null without a price or token counts. */
  costMicros: z.number().nullable(),
  currency: z.string().nullable(),
});
export type ModelCall = z.infer<typeof ModelCall>;
export const ModelCallPage = pageOf(ModelCall);

/** What calls consumed. */
export const Spent = z.object({
  calls: z.number(),
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
  reasoningTokens: z.number(),
  /** Calls that were not refused but reported no token counts. */
  uncountedCalls: z.number(),
  /** Calls with token counts but no price. */
  unpricedCalls: z.number(),
  /** One entry for each currency; empty where nothing had a price. */
  costs: z.array(z.object({ currency: z.string(), costMicros: z.number() })),
});
export type Spent = z.infer<typeof Spent>;

/** The sum of several calls. */
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
/** The usage of a run, session or task: in total, and by model. */
export const UsageOf = z.object({
  total: Usage,
  /** Models with the most tokens first. */
  models: z.array(z.object({ backendProfile: z.string(), model: z.string(), usage: Usage })),
});
export type UsageOf = z.infer<typeof UsageOf>;

export const USAGE_GROUPS = ["profile", "model", "tenant", "project", "day", "session", "task", "run"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];
const DAY_MS = 86_400_000;

const Day = z.iso.date({ error: "a day of UTC, such as 2026-01-31" }).refine((day) => day >= "2000-01-01", {
  error: "a day since 2000",
});
/** The name of a profile, model or other thing that is only looked up, never created. */
const Name = RecordId;

export const UsageSummaryInput = z
  .strictObject({
    groupBy: z.enum(USAGE_GROUPS).default("profile"),
    /** Returns a row for each day of each group. */
    byDay: z.boolean().default(false),
    /** The first and the last day, in UTC; by default the last seven days. */
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
  /** The profile, model or other value of the grouping; empty for calls without a session or task. */
  group: z.string(),
  /** The title of a session or task; null where it has none or is gone, absent for other groups. */
  title: z.string().nullable().optional(),
  /** null unless `byDay` is set. */
  day: z.string().nullable(),
  usage: Usage,
});
export type UsageRow = z.infer<typeof UsageRow>;
export const UsageSummary = z.object({
  from: z.string(),
  to: z.string(),
  groupBy: z.enum(USAGE_GROUPS),
  /** Groups with the most tokens first, and their days newest first. */
  items: z.array(UsageRow),
  /** The total of all groups, including those that are left out. */
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
/** A day's sum that differs from its calls. */
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
  /** Whether all sums of days and of sessions agree with their calls. */
  isEqual: z.boolean(),
  /** Number of stored calls. */
  calls: z.number(),
  /** Number of daily sums: one for each day, tenant, project, profile, model and currency. */
  sums: z.number(),
  differing: z.number(),
  /** The first 100. */
  differences: z.array(UsageDifference),
  /**
   * Sums of sessions, one for each currency. Only a sum below that of its calls is a difference, since old calls may be
   * gone.
   */
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
/** The time within which half of the answers, and 95% of them, had arrived. */
const Quantiles = z.object({ p50Ms: z.number(), p95Ms: z.number() });
export type Quantiles = z.infer<typeof Quantiles>;
/** The calls that began in one hour or day, in UTC. */
export const LatencyStep = z.object({
  at: z.string(),
  /** The calls that were read, by outcome. */
  calls: z.number(),
  ok: z.number(),
  refused: z.number(),
  failed: z.number(),
  aborted: z.number(),
  /** For complete answers: time to the first byte, and to the end; null where there were none. */
  firstByte: Quantiles.nullable(),
  whole: Quantiles.nullable(),
  /** There were more calls than are read; those read are spread evenly over the step. */
  isSampled: z.boolean(),
});
export type LatencyStep = z.infer<typeof LatencyStep>;
export const UsageLatency = z.object({
  from: z.string(),
  to: z.string(),
  stepMinutes: z.number(),
  /** Oldest first; a step without calls is left out. */
  items: z.array(LatencyStep),
});
export type UsageLatency = z.infer<typeof UsageLatency>;
