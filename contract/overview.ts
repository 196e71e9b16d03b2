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

/** How long a session that failed, and that its reader has not looked at since, is shown. */
export const FAILED_SHOWN_MS = 86_400_000;
export const NEEDS_MAX = 50;
/** So many of a kind are counted; where there are more it is said. */
export const NEED_COUNT_MAX = ATTENTION_COUNT_MAX;
/** A run at this attempt has lost its runner again and again. */
export const FLAPPING_ATTEMPTS = 3;

/** What needs a person, the most pressing kind first; beside the queue's own kinds those of runs, sessions and storage. */
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
  "schedule-failing",
  "budget-near",
] as const;
export type NeedKind = (typeof NEED_KINDS)[number];
export const Need = z.object({
  kind: z.enum(NEED_KINDS),
  /** What it is of: a session's or a task's title. */
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
  /** Whose unread sessions are meant; without one no failed session is listed. */
  readerId: ChosenId.optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
});
export type GetOverviewInput = z.infer<typeof GetOverviewInput>;

export const Overview = z.object({
  /** At most 50, the most pressing first. */
  needs: z.array(Need),
  /** Of each kind that there is any of, all of them. */
  needCounts: z.array(NeedCount),
  /** Approvals that wait, all of them. */
  approvals: z.number(),
  runs: z.object({
    claimed: z.number(),
    /** Wait for a runner. */
    pending: z.number(),
    /** Of those made in the last 24 hours, as `runs.stats` has it; counted to 10,000. */
    failedToday: z.number(),
  }),
  /** Runner jobs that live, and how many may at once. */
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
