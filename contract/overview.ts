import { z } from "zod";
import { ChosenId, RecordId } from "./ids";
import {
  ATTENTION_COUNT_MAX,
  ATTENTION_KINDS,
  kindCount,
  QueueThroughput,
  QueueWaits,
  TaskLine,
} from "./queue-commander";

/** How long a failed session is listed that its reader has not looked at since. */
export const FAILED_SHOWN_MS = 86_400_000;
export const NEEDS_MAX = 50;
/** The count for each kind stops here; the response says when there are more. */
export const NEED_COUNT_MAX = ATTENTION_COUNT_MAX;
/** A run at this attempt has lost its runner repeatedly. */
export const FLAPPING_ATTEMPTS = 3;

/** What needs a person, most pressing kind first: the queue's own kinds and those of runs, sessions and storage. */
export const NEED_KINDS = [
  "worker-away",
  "loop-stopped",
  "approval",
  "fencing",
  "stuck",
  "flapping",
  "budget-reached",
  ...ATTENTION_KINDS.slice(1),
  "failed-session",
  "volume-full",
  "gc-stopped",
  "webhook-disabled",
  "webhook-failing",
  "schedule-failing",
  "budget-near",
] as const;
export type NeedKind = (typeof NEED_KINDS)[number];
export const Need = z.object({
  kind: z.enum(NEED_KINDS),
  /** The title of its session or task. */
  title: z.string().nullable(),
  /** A sentence for people. */
  message: z.string(),
  since: z.string(),
  tenantId: z.string().nullable(),
  approvalId: z.string().nullable(),
  runId: z.string().nullable(),
  sessionId: z.string().nullable(),
  taskId: z.string().nullable(),
  budgetId: z.string().nullable(),
  scheduleId: z.string().nullable(),
  webhookId: z.string().nullable(),
  queue: z.string().nullable(),
  /** null: the whole queue. */
  lane: z.string().nullable(),
});
export type Need = z.infer<typeof Need>;

export const NeedCount = kindCount(NEED_KINDS);
export type NeedCount = z.infer<typeof NeedCount>;

export const GetOverviewInput = z.strictObject({
  /** Whose unread sessions to list; without a reader, no failed session is listed. */
  readerId: ChosenId.optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
});
export type GetOverviewInput = z.infer<typeof GetOverviewInput>;

export const Overview = z.object({
  /** At most 50, most pressing first. */
  needs: z.array(Need),
  /** The full count of each kind that occurs. */
  needCounts: z.array(NeedCount),
  /** The number of all waiting approvals. */
  approvals: z.number(),
  runs: z.object({
    claimed: z.number(),
    /** Runs that wait for a runner. */
    pending: z.number(),
    /** Runs created in the last 24 hours that failed, as in `runs.stats`; counted up to 10,000. */
    failedToday: z.number(),
  }),
  /** Live runner jobs, and the maximum at once. */
  runners: z.object({ live: z.number(), max: z.number() }),
  queue: z.object({
    waiting: z.number(),
    running: z.number(),
    oldest: TaskLine.nullable(),
    waits: QueueWaits,
    throughput: QueueThroughput,
  }),
  generatedAt: z.string(),
});
export type Overview = z.infer<typeof Overview>;
