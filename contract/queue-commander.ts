import { z } from "zod";
import { RecordId } from "./ids";
import { QueueScopeInput, QueueStats, QueueTask, TASK_STATES } from "./queue";

/** What needs a person, most pressing kind first. */
export const ATTENTION_KINDS = [
  "approval",
  "session-evicted",
  "parked",
  "dependency-failed",
  "paused",
  "dead-letter",
] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];
/** Maximum number of things needing a person that the commander lists, and of one kind. */
export const ATTENTION_MAX = 50;
export const ATTENTION_KIND_MAX = 20;
/** The count for each kind stops here; the response says when there are more. */
export const ATTENTION_COUNT_MAX = 1_000;
/** How long a task that failed for good is among them; it stays in the list of failed tasks. */
export const DEAD_LETTER_SHOWN_MS = 86_400_000;

export const QueueAttention = z.object({
  kind: z.enum(ATTENTION_KINDS),
  /** A sentence for people. */
  message: z.string(),
  /** `*`: a queue that is paused for all tenants. */
  tenantId: z.string(),
  queue: z.string(),
  /** null: the whole queue. */
  lane: z.string().nullable(),
  taskId: z.string().nullable(),
  title: z.string().nullable(),
  approvalId: z.string().nullable(),
  runId: z.string().nullable(),
  sessionId: z.string().nullable(),
  since: z.string(),
});
export type QueueAttention = z.infer<typeof QueueAttention>;
/** The number of things of one kind that need a person. */
export const kindCount = <Kind extends string>(kinds: readonly [Kind, ...Kind[]]) =>
  z.object({ kind: z.enum(kinds), count: z.number(), hasMore: z.boolean() });

/** A task in a row of the commander. */
export const TaskLine = z.object({
  taskId: z.string(),
  title: z.string(),
  tenantId: z.string(),
  queue: z.string(),
  lane: z.string(),
  priority: z.number(),
  state: z.enum(TASK_STATES),
  backendProfile: z.string(),
  runId: z.string().nullable(),
  sessionId: z.string().nullable(),
  /** Since when it waits for a slot, or runs. */
  since: z.string(),
});
export type TaskLine = z.infer<typeof TaskLine>;

export const QueueWaits = z.object({
  /** How long tasks waited for their slot; null where none was started recently. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  /** Number of starts that the values are based on: the newest of the last hour, at most 200. */
  samples: z.number(),
});
export type QueueWaits = z.infer<typeof QueueWaits>;

/** Tasks a minute, over the last minutes. */
export const QueueThroughput = z.object({
  minutes: z.number(),
  started: z.number(),
  completed: z.number(),
  failed: z.number(),
});
export type QueueThroughput = z.infer<typeof QueueThroughput>;

export const QueueCommander = z.object({
  queue: z.string().nullable(),
  stats: QueueStats,
  /** The first tasks in the queue's order, whatever their state. */
  items: z.array(QueueTask),
  waits: QueueWaits,
  throughput: QueueThroughput,
  /** The task that has waited longest for a slot. */
  oldest: TaskLine.nullable(),
  /** What needs a person; at most 50 entries. */
  attention: z.array(QueueAttention),
  /** The full count of each kind that occurs. */
  attentionCounts: z.array(kindCount(ATTENTION_KINDS)),
  /** Tasks that hold a slot, longest first; at most 50. */
  active: z.array(TaskLine),
  generatedAt: z.string(),
});
export type QueueCommander = z.infer<typeof QueueCommander>;

export const HISTORY_MINUTES_MAX = 7 * 24 * 60;
export const QueueHistoryInput = z.strictObject({
  queue: RecordId.optional(),
  lane: RecordId.optional(),
  tenantId: RecordId.optional(),
  /** How far back; 60 by default, at most 7 days. */
  minutes: z.int().min(1).max(HISTORY_MINUTES_MAX).default(60),
});
export type QueueHistoryInput = z.infer<typeof QueueHistoryInput>;

/**
 * One step of a lane: what waited and ran at its end, and what happened in it. A lane without any of these has no step.
 */
export const QueueMinute = z.object({
  /** The start of the step. */
  minute: z.string(),
  queue: z.string(),
  lane: z.string(),
  waiting: z.number(),
  running: z.number(),
  /** Tasks that began to wait: new, moved here, or for another attempt. */
  added: z.number(),
  started: z.number(),
  completed: z.number(),
  failed: z.number(),
  cancelled: z.number(),
});
export type QueueMinute = z.infer<typeof QueueMinute>;
export const QueueHistory = z.object({
  /** Minutes in one step, chosen so that a lane has at most 240 steps. */
  stepMinutes: z.number(),
  from: z.string(),
  to: z.string(),
  /** Sorted by time, then queue and lane. */
  items: z.array(QueueMinute),
  /** Number of lanes left out: only the busiest are shown. */
  lanesLeftOut: z.number(),
});
export type QueueHistory = z.infer<typeof QueueHistory>;

/** A kind of task for which the counters differ from the table. */
export const CountDifference = z.object({
  tenantId: z.string(),
  projectId: z.string(),
  queue: z.string(),
  lane: z.string(),
  backendProfile: z.string(),
  state: z.string(),
  counted: z.number(),
  inTable: z.number(),
});
export const QueueVerification = z.object({
  isEqual: z.boolean(),
  /** Number of tasks in the table. */
  tasks: z.number(),
  /** Number of kinds, each a combination of tenant, project, queue, lane, backend profile and state. */
  kinds: z.number(),
  /** The first 100. */
  differences: z.array(CountDifference),
  differing: z.number(),
});
export type QueueVerification = z.infer<typeof QueueVerification>;

export const QueueWaitsInput = QueueScopeInput.extend({
  /** How far back the steps go, in minutes. */
  minutes: z.int().min(1).max(HISTORY_MINUTES_MAX).default(60),
});
export type QueueWaitsInput = z.input<typeof QueueWaitsInput>;

/** Maximum tasks of a step that are looked at: those that began first in it. */
export const WAITS_PER_STEP_MAX = 100;

/** How long the most recently started tasks waited, each counted in the first bucket longer than its wait. */
export const QueueWaitTimes = z.object({
  queue: z.string().nullable(),
  /** Number of tasks that the values are based on. */
  samples: z.number(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  /** In ascending order; the last bucket has no upper bound. */
  buckets: z.array(z.object({ underMs: z.number().nullable(), tasks: z.number() })),
  from: z.string(),
  to: z.string(),
  stepMinutes: z.number(),
  /** Waits by step, from at most a hundred tasks each; a step in which none began is left out. */
  steps: z.array(z.object({ at: z.string(), samples: z.number(), p50Ms: z.number(), p95Ms: z.number() })),
});
export type QueueWaitTimes = z.infer<typeof QueueWaitTimes>;

/** Maximum days of a picture by hours. */
export const WAIT_DAYS_MAX = 14;
export const QueueWaitsByHourInput = QueueScopeInput.extend({
  /** How far back, including the current hour. */
  days: z.int().min(1).max(WAIT_DAYS_MAX).default(7),
  /**
   * The minute of the UTC hour at which hours begin: not 0 for a time zone whose offset is not a whole number of hours.
   */
  minuteOfHour: z.int().min(0).max(59).default(0),
});
export type QueueWaitsByHourInput = z.input<typeof QueueWaitsByHourInput>;

/** Waits in each hour, from a bounded sample of tasks spread over it. */
export const QueueWaitsByHour = z.object({
  queue: z.string().nullable(),
  from: z.string(),
  to: z.string(),
  /** Sorted by time; an hour without a sampled task is left out. */
  hours: z.array(z.object({ at: z.string(), samples: z.number(), p50Ms: z.number(), p95Ms: z.number() })),
});
export type QueueWaitsByHour = z.infer<typeof QueueWaitsByHour>;
