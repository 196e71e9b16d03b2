import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgSequence, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { TASK_STATES } from "@/contract/queue";
import { big, feed, instant, json, lifecycle, table } from "./columns";

export const queueVersionSeq = pgSequence("agentrun_queue_version_seq");

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
    runAt: instant(),
    ...feed,
  },
  (task) => [
    uniqueIndex("agentrun_queue_tasks_idempotency_idx")
      .on(task.tenantId, task.projectId, task.idempotencyKey)
      .where(sql`${task.idempotencyKey} is not null`),
    index("agentrun_queue_tasks_list_idx").on(task.queue, task.state, task.version, task.priority, task.createdAt),
    index("agentrun_queue_tasks_updated_idx").on(task.version, task.updatedAt),
    // The order of the screen: the most urgent first, then the oldest.
    index("agentrun_queue_tasks_order_idx").on(task.priority.desc().nullsFirst(), task.createdAt, task.id),
    index("agentrun_queue_tasks_queue_order_idx").on(
      task.queue,
      task.priority.desc().nullsFirst(),
      task.createdAt,
      task.id,
    ),
    index("agentrun_queue_tasks_state_order_idx").on(
      task.state,
      task.priority.desc().nullsFirst(),
      task.createdAt,
      task.id,
    ),
    index("agentrun_queue_tasks_feed_idx").on(task.changeXid, task.version),
    index("agentrun_queue_tasks_tenant_feed_idx").on(task.tenantId, task.changeXid, task.version),
  ],
);

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
