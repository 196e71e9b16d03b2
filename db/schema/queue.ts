import { sql } from "drizzle-orm";
import {
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgSequence,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { DEAD_LETTERS, TASK_STATES } from "@/contract/queue";
import { CONTROL_STATES } from "@/contract/queue-control";
import { DEPENDENCY_RESULTS, ON_DEPENDENCY_FAILED } from "@/contract/words";
import { big, feed, instant, json, lifecycle, table } from "./columns";

export const queueVersionSeq = pgSequence("agentrun_queue_version_seq");

/**
 * Where a task's metadata holds its concurrency key; used by a column and by the judgement of a task that is not
 * stored.
 */
export const CONCURRENCY_KEY = "metadata->>'concurrencyKey'";

export const queueTasks = table(
  "queue_tasks",
  {
    id: text().primaryKey(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    queue: text().notNull(),
    lane: text().notNull(),
    title: text().notNull(),
    priority: integer().notNull(),
    state: text({ enum: TASK_STATES }).notNull(),
    version: big().notNull(),
    backendProfile: text().notNull(),
    providerId: text(),
    workspaceRef: json(),
    executionPolicy: json(),
    resourceBundleRef: json(),
    payload: json().notNull(),
    payloadHash: text().notNull(),
    referencesJson: jsonb().$type<unknown[]>().notNull().default([]),
    metadata: json().notNull().default({}),
    idempotencyKey: text(),
    latestAttempt: json(),
    sessionPath: text(),
    ...lifecycle,
    cancelledAt: instant(),
    cancelReason: text(),

    sessionId: text(),
    /** Digest of what the task was made with, whatever it has become since. Absent in rows of older releases. */
    contentHash: text(),
    runAt: instant(),
    expiresAt: instant(),
    retryPolicy: json(),
    /** null: its agent does not receive its dependencies' results. */
    dependencyResults: text({ enum: DEPENDENCY_RESULTS }),
    /** The run of the attempt under way, or of the last. */
    runId: text(),
    attemptCount: integer().notNull().default(0),
    /** The attempts before the last explicit retry, from which on the policy counts anew. */
    attemptsBefore: integer().notNull().default(0),
    failureKind: text(),
    failureMessage: text(),
    deadLetter: text({ enum: DEAD_LETTERS }),
    /** The instant that the task waits for: `runAt`, the end of a backoff or of a provider's limit. null: it is due. */
    notBefore: instant(),
    parkedAt: instant(),
    parkedUntil: instant(),
    parkCount: integer().notNull().default(0),
    cancelRequestedAt: instant(),
    /**
     * Taken from `metadata`: tasks with the same key run one after another, or as many at once as their queue allows.
     */
    concurrencyKey: text().generatedAlwaysAs(sql.raw(CONCURRENCY_KEY)),
    // The dispatcher's own note of what a task was found to wait for (a WaitKey), so that it looks at each such task
    // once and not in every pass. It is not a visible change.
    blockedOn: text(),
    /** Since when the task waits for a slot. */
    readyAt: instant().notNull().defaultNow(),
    ...feed,
  },
  (task) => [
    uniqueIndex("agentrun_queue_tasks_idempotency_idx")
      .on(task.tenantId, task.projectId, task.idempotencyKey)
      .where(sql`${task.idempotencyKey} is not null`),
    // The order of the screen: most urgent first, then oldest.
    index("agentrun_queue_tasks_order_idx").on(task.priority.desc().nullsFirst(), task.createdAt, task.id),
    index("agentrun_queue_tasks_queue_order_idx").on(
      task.queue,
      task.priority.desc().nullsFirst(),
      task.createdAt,
      task.id,
    ),
    // For each kind that the counters know, in that order: a page of any filter is merged from these.
    index("agentrun_queue_tasks_kind_order_idx").on(
      task.tenantId,
      task.projectId,
      task.queue,
      task.lane,
      task.state,
      task.priority.desc().nullsFirst(),
      task.createdAt,
      task.id,
    ),
    // What the dispatcher looks at: the heads of each lane, never what has ended, is blocked or is not yet due.
    index("agentrun_queue_tasks_ready_idx")
      .on(task.tenantId, task.queue, task.lane, task.priority.desc().nullsFirst(), task.createdAt, task.id)
      .where(sql`${task.state} = 'pending' and ${task.notBefore} is null and ${task.blockedOn} is null`),
    // Tasks that wait for the same thing, by lane, so that lanes that are held up can be passed over.
    index("agentrun_queue_tasks_noted_idx")
      .on(
        task.blockedOn,
        task.tenantId,
        task.queue,
        task.lane,
        task.priority.desc().nullsFirst(),
        task.createdAt,
        task.id,
      )
      .where(sql`${task.state} = 'pending' and ${task.notBefore} is null and ${task.blockedOn} is not null`),
    index("agentrun_queue_tasks_due_idx")
      .on(task.notBefore)
      .where(sql`${task.state} = 'pending' and ${task.notBefore} is not null`),
    index("agentrun_queue_tasks_expiry_idx")
      .on(task.expiresAt)
      .where(sql`${task.state} = 'pending' and ${task.expiresAt} is not null`),
    // Whether a task waits for a session or has it: asked for every volume before it is collected.
    index("agentrun_queue_tasks_session_idx")
      .on(task.sessionId)
      .where(sql`${task.sessionId} is not null and ${task.state} in ('pending', 'dispatched', 'running')`),
    // For the commander: the first tasks of a tenant's queue, those that wait longest, and those that need a person.
    index("agentrun_queue_tasks_tenant_order_idx").on(
      task.tenantId,
      task.queue,
      task.priority.desc().nullsFirst(),
      task.createdAt,
      task.id,
    ),
    index("agentrun_queue_tasks_oldest_idx")
      .on(task.tenantId, task.queue, task.readyAt)
      .where(sql`${task.state} = 'pending' and ${task.notBefore} is null`),
    // Tasks that hold a slot; also for the dispatcher.
    index("agentrun_queue_tasks_running_idx")
      .on(task.updatedAt, task.id)
      .where(sql`${task.state} in ('dispatched', 'running')`),
    index("agentrun_queue_tasks_parked_idx")
      .on(task.tenantId, task.queue, task.parkedAt.desc().nullsFirst())
      // An instant that never comes: UNTIL_PERSON in db/queries/queue/held-until.ts.
      .where(
        sql`${task.state} = 'pending' and ${task.parkedAt} is not null and ${task.notBefore} = '9999-12-31 00:00:00+00'`,
      ),
    index("agentrun_queue_tasks_dead_idx")
      .on(task.tenantId, task.queue, task.updatedAt.desc().nullsFirst())
      .where(sql`${task.state} = 'failed' and ${task.deadLetter} is not null`),
    index("agentrun_queue_tasks_changes_idx").on(task.changeXid, task.version, task.tenantId),
  ],
);

/** Which tasks depend on which. Rows are added with a task and later only removed, so there can be no cycle. */
export const queueDependencies = table(
  "queue_dependencies",
  {
    taskId: text()
      .notNull()
      .references(() => queueTasks.id, { onDelete: "cascade" }),
    dependsOnId: text()
      .notNull()
      .references(() => queueTasks.id, { onDelete: "cascade" }),
    onFailed: text({ enum: ON_DEPENDENCY_FAILED }).notNull(),
    /** Among those of its task, as they were said; null in rows of an older release. */
    place: integer(),
  },
  (dependency) => [
    primaryKey({ columns: [dependency.taskId, dependency.dependsOnId] }),
    // The dependents of a task: read page by page at its end, and for the list.
    index("agentrun_queue_dependencies_dependents_idx").on(dependency.dependsOnId, dependency.taskId),
  ],
);

/**
 * What is to be judged: the tasks that depend on an ended one, as noted by a trigger, or a single task. Rows are only
 * added, so that no writer waits for another. The dispatcher judges the tasks and removes the rows in the same
 * transaction.
 */
export const queueDependencyDoubts = table(
  "queue_dependency_doubts",
  {
    id: big().primaryKey().generatedAlwaysAsIdentity(),
    endedId: text(),
    /** The last of its dependents that was judged. */
    judgedTo: text().notNull().default(""),
    taskId: text(),
    /** How often it could not be judged, and when it is tried again; null: at once. */
    tries: integer().notNull().default(0),
    retryAt: instant(),
  },
  (doubt) => [
    check("agentrun_queue_dependency_doubts_kind_check", sql`(${doubt.endedId} is null) <> (${doubt.taskId} is null)`),
  ],
);

/** Tasks that failed or were cancelled while others waited for them: the starting point of an operator's list. */
export const queueFailedDependencies = table(
  "queue_failed_dependencies",
  {
    tenantId: text().notNull(),
    taskId: text()
      .notNull()
      .references(() => queueTasks.id, { onDelete: "cascade" }),
  },
  (failed) => [primaryKey({ columns: [failed.tenantId, failed.taskId] })],
);

/**
 * Tasks that were told to wait for a person, since one that they come after had failed: each is told of once. `readyAt` and
 * `failedReadyAt` are the two tasks' as they were then: an explicit retry of either is another matter, and moves it.
 */
export const queueHeldTasks = table("queue_held_tasks", {
  taskId: text()
    .primaryKey()
    .references(() => queueTasks.id, { onDelete: "cascade" }),
  readyAt: instant().notNull(),
  failedId: text().notNull(),
  failedReadyAt: instant().notNull(),
});

export const queueReadCursors = table(
  "queue_read_cursors",
  {
    taskId: text()
      .notNull()
      .references(() => queueTasks.id, { onDelete: "cascade" }),
    readerId: text().notNull(),
    taskVersion: big().notNull(),
    readAt: instant().notNull().defaultNow(),
  },
  (cursor) => [primaryKey({ columns: [cursor.taskId, cursor.readerId] })],
);
export type QueueTaskRow = typeof queueTasks.$inferSelect;

/** A task's attempts, each of which is a run. */
export const queueAttempts = table(
  "queue_attempts",
  {
    taskId: text()
      .notNull()
      .references(() => queueTasks.id, { onDelete: "cascade" }),
    attempt: integer().notNull(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    queue: text().notNull(),
    lane: text().notNull(),
    runId: text(),
    sessionId: text(),
    /** The turn that was asked of the run. */
    commandId: text(),
    state: text({ enum: TASK_STATES }).notNull(),
    readyAt: instant().notNull(),
    dispatchedAt: instant().notNull(),
    startedAt: instant(),
    endedAt: instant(),
    failureKind: text(),
    failureMessage: text(),
  },
  (attempt) => [
    primaryKey({ columns: [attempt.taskId, attempt.attempt] }),
    // The database refuses a second live attempt, whatever the code believes.
    uniqueIndex("agentrun_queue_attempts_live_idx").on(attempt.taskId).where(sql`${attempt.endedAt} is null`),
    // How long tasks waited recently, overall and by place.
    index("agentrun_queue_attempts_dispatched_idx").on(attempt.dispatchedAt.desc().nullsFirst()),
    index("agentrun_queue_attempts_place_idx").on(
      attempt.tenantId,
      attempt.queue,
      attempt.dispatchedAt.desc().nullsFirst(),
      attempt.lane,
    ),
    // The newest starts of a lane, for counting a rate.
    index("agentrun_queue_attempts_starts_idx").on(
      attempt.tenantId,
      attempt.queue,
      attempt.lane,
      attempt.dispatchedAt.desc().nullsFirst(),
    ),
  ],
);
export type QueueAttemptRow = typeof queueAttempts.$inferSelect;

/**
 * What operators set for a queue (`lane` empty) or a lane, of one tenant or of all (`*`). Without a row there is no
 * limit, and the queue or lane is open.
 */
export const queueControls = table(
  "queue_controls",
  {
    tenantId: text().notNull(),
    queue: text().notNull(),
    lane: text().notNull(),
    maxRunning: integer(),
    keyMaxRunning: integer(),
    weight: doublePrecision(),
    /** The rate: at most `startsMax` attempts are started in any `startsWindowSeconds`. */
    startsMax: integer(),
    startsWindowSeconds: integer(),
    state: text({ enum: CONTROL_STATES }).notNull().default("open"),
    reason: text(),
    version: big().notNull().default(1),
    updatedAt: instant().notNull().defaultNow(),
    updatedBy: text(),
  },
  (control) => [
    primaryKey({ columns: [control.tenantId, control.queue, control.lane] }),
    check(
      "agentrun_queue_controls_rate_check",
      sql`(${control.startsMax} is null) = (${control.startsWindowSeconds} is null) and ${control.startsMax} > 0 and ${control.startsWindowSeconds} > 0`,
    ),
  ],
);
export type QueueControlRow = typeof queueControls.$inferSelect;

/**
 * When each lane was last served: among tenants and lanes with the same share, the one that has waited longest comes
 * first. Rates are counted only for the lanes named here, so a row stays for the longest possible window, a day.
 */
export const queueLanesServed = table(
  "queue_lanes_served",
  {
    tenantId: text().notNull(),
    queue: text().notNull(),
    lane: text().notNull(),
    servedAt: instant().notNull(),
  },
  (served) => [primaryKey({ columns: [served.tenantId, served.queue, served.lane] })],
);

/** Number of tasks of each kind, without the changes still in `queue_count_changes`. */
export const queueCounts = table(
  "queue_counts",
  {
    tenantId: text().notNull(),
    projectId: text().notNull(),
    queue: text().notNull(),
    lane: text().notNull(),
    backendProfile: text().notNull(),
    state: text({ enum: TASK_STATES }).notNull(),
    tasks: big().notNull(),
  },
  (count) => [
    primaryKey({
      columns: [count.tenantId, count.projectId, count.queue, count.lane, count.backendProfile, count.state],
    }),
  ],
);

/**
 * How a statement changed the counts, written in its own transaction. Rows are only added, so that no writer waits for
 * another; the worker folds them.
 */
export const queueCountChanges = table("queue_count_changes", {
  id: big().primaryKey().generatedAlwaysAsIdentity(),
  tenantId: text().notNull(),
  projectId: text().notNull(),
  queue: text().notNull(),
  lane: text().notNull(),
  backendProfile: text().notNull(),
  state: text({ enum: TASK_STATES }).notNull(),
  entered: integer().notNull(),
  gone: integer().notNull(),
});

/**
 * A lane's minute, for charts: how many tasks waited and ran at its end, and how many were added, started and ended in
 * it.
 */
export const queueMinutes = table(
  "queue_minutes",
  {
    minute: instant().notNull(),
    tenantId: text().notNull(),
    queue: text().notNull(),
    lane: text().notNull(),
    waiting: big().notNull().default(0),
    running: big().notNull().default(0),
    added: big().notNull().default(0),
    started: big().notNull().default(0),
    completed: big().notNull().default(0),
    failed: big().notNull().default(0),
    cancelled: big().notNull().default(0),
  },
  (row) => [primaryKey({ columns: [row.minute, row.tenantId, row.queue, row.lane] })],
);
