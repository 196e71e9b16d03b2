import { z } from "zod";
import { RecordId } from "./ids";
import { QueueScopeInput, QueueStats, QueueTask, TASK_STATES } from "./queue";

/** What needs a person, the most pressing kind first. */
export const ATTENTION_KINDS = [
  "approval",
  "session-evicted",
  "parked",
  "dependency-failed",
  "paused",
  "dead-letter",
] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];
/** Things that need a person which the commander lists at most, and of one kind. */
export const ATTENTION_MAX = 50;
export const ATTENTION_KIND_MAX = 20;
/** So many of a kind are counted; where there are more it is said. */
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
/** How many there are of a kind that needs a person. */
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
  /** How long tasks waited for their slot; null where none was started of late. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  /** Starts of the last hour that this is of: the newest, 200 at most. */
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
  /** The tasks that come first, whatever their state. */
  items: z.array(QueueTask),
  waits: QueueWaits,
  throughput: QueueThroughput,
  /** Of those that wait for a slot the one that waits longest. */
  oldest: TaskLine.nullable(),
  /** At most 50: what needs a person. */
  attention: z.array(QueueAttention),
  /** Of each kind that there is any of, all of them. */
  attentionCounts: z.array(kindCount(ATTENTION_KINDS)),
  /** At most 50: what holds a slot, the longest first. */
  active: z.array(TaskLine),
  generatedAt: z.string(),
});
export type QueueCommander = z.infer<typeof QueueCommander>;

export const HISTORY_MINUTES_MAX = 7 * 24 * 60;
export const QueueHistoryInput = z.strictObject({
  queue: RecordId.optional(),
  lane: RecordId.optional(),
  tenantId: RecordId.optional(),
  /** How far back: 60 unless told, 7 days at most. */
  minutes: z.int().min(1).max(HISTORY_MINUTES_MAX).default(60),
});
export type QueueHistoryInput = z.infer<typeof QueueHistoryInput>;

/** A lane's step: what waited and ran at its end, and what happened in it. A lane that did and held nothing has none. */
export const QueueMinute = z.object({
  /** Its start. */
  minute: z.string(),
  queue: z.string(),
  lane: z.string(),
  waiting: z.number(),
  running: z.number(),
  /** Came to wait: new, moved here, or for another attempt. */
  added: z.number(),
  started: z.number(),
  completed: z.number(),
  failed: z.number(),
  cancelled: z.number(),
});
export type QueueMinute = z.infer<typeof QueueMinute>;
export const QueueHistory = z.object({
  /** Minutes that one step holds: as many as keep a lane at 240 steps. */
  stepMinutes: z.number(),
  from: z.string(),
  to: z.string(),
  /** By time, then queue and lane. */
  items: z.array(QueueMinute),
  /** Lanes of which nothing is shown: only the busiest are. */
  lanesLeftOut: z.number(),
});
export type QueueHistory = z.infer<typeof QueueHistory>;

/** One kind of task of which the counters say something else than the table. */
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
  /** Tasks in the table. */
  tasks: z.number(),
  /** Kinds of tasks: tenant, project, queue, lane, backend profile and state. */
  kinds: z.number(),
  /** The first 100. */
  differences: z.array(CountDifference),
  differing: z.number(),
});
export type QueueVerification = z.infer<typeof QueueVerification>;

export const QueueWaitsInput = QueueScopeInput.extend({
  /** How far back the steps go, minutes. */
  minutes: z.int().min(1).max(HISTORY_MINUTES_MAX).default(60),
});
export type QueueWaitsInput = z.input<typeof QueueWaitsInput>;

/** Tasks of a step that are looked at, those that began first in it. */
export const WAITS_PER_STEP_MAX = 100;

/** How long the tasks waited that were started last, each in the first bucket that is longer than its wait. */
export const QueueWaitTimes = z.object({
  queue: z.string().nullable(),
  /** Of so many tasks. */
  samples: z.number(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  /** By length; the last one has no end. */
  buckets: z.array(z.object({ underMs: z.number().nullable(), tasks: z.number() })),
  from: z.string(),
  to: z.string(),
  stepMinutes: z.number(),
  /** How waits went, step by step, of at most a hundred tasks each; a step in which none began is left out. */
  steps: z.array(z.object({ at: z.string(), samples: z.number(), p50Ms: z.number(), p95Ms: z.number() })),
});
export type QueueWaitTimes = z.infer<typeof QueueWaitTimes>;

/** Days that a picture by hours goes back, at most. */
export const WAIT_DAYS_MAX = 14;
export const QueueWaitsByHourInput = QueueScopeInput.extend({
  /** How far back, up to the hour that is under way. */
  days: z.int().min(1).max(WAIT_DAYS_MAX).default(7),
  /** The minute at which hours begin, in UTC: not 0 where a time zone differs by less than an hour. */
  minuteOfHour: z.int().min(0).max(59).default(0),
});
export type QueueWaitsByHourInput = z.input<typeof QueueWaitsByHourInput>;

/** How waits went in each hour, of a bounded number of tasks from all over it. */
export const QueueWaitsByHour = z.object({
  queue: z.string().nullable(),
  from: z.string(),
  to: z.string(),
  /** By time; an hour of which no task was looked at is left out. */
  hours: z.array(z.object({ at: z.string(), samples: z.number(), p50Ms: z.number(), p95Ms: z.number() })),
});
export type QueueWaitsByHour = z.infer<typeof QueueWaitsByHour>;
