import { sql } from "drizzle-orm";
import { boolean, foreignKey, index, integer, jsonb, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import type { ScheduleTask } from "@/contract/schedule";
import { FIRING_OUTCOMES, SCHEDULE_OVERLAPS } from "@/contract/words";
import { big, instant, lifecycle, table } from "./columns";

/** Plans by which tasks are added. */
export const schedules = table(
  "schedules",
  {
    id: text().primaryKey(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    name: text().notNull(),
    cron: text().notNull(),
    timeZone: text().notNull(),
    overlap: text({ enum: SCHEDULE_OVERLAPS }).notNull(),
    catchUpMs: big().notNull(),
    jitterMs: big().notNull().default(0),
    /** No time comes before the first of these, or after the second. */
    startsAt: instant(),
    endsAt: instant(),
    isPaused: boolean().notNull().default(false),
    /** What each task is made of, as it was sent. */
    task: jsonb().$type<ScheduleTask>().notNull(),
    /** null: it is paused, or has ended. */
    nextAt: instant(),
    /** When what it did last was due: which of its firings is the last. */
    lastDueAt: instant(),
    createdBy: text().notNull(),
    ...lifecycle,
    version: integer().notNull().default(1),
  },
  (schedule) => [
    uniqueIndex("agentrun_schedules_name_idx").on(schedule.tenantId, schedule.name),
    index("agentrun_schedules_due_idx").on(schedule.nextAt).where(sql`${schedule.nextAt} is not null`),
  ],
);
export type ScheduleRow = typeof schedules.$inferSelect;

/** What came of each time of a schedule. A time fires once: it is the key. */
export const scheduleFirings = table(
  "schedule_firings",
  {
    scheduleId: text().notNull(),
    dueAt: instant().notNull(),
    firedAt: instant().notNull().default(sql`clock_timestamp()`),
    outcome: text({ enum: FIRING_OUTCOMES }).notNull(),
    isManual: boolean().notNull().default(false),
    missed: integer().notNull().default(0),
    message: text(),
    /** Of a time that was left out: the task of before that had not ended. */
    holderTaskId: text(),
    /** No reference: that a task was added stays known when it is there no more. */
    taskId: text(),
  },
  (firing) => [
    primaryKey({ columns: [firing.scheduleId, firing.dueAt] }),
    index("agentrun_schedule_firings_tasks_idx")
      .on(firing.scheduleId, firing.dueAt.desc().nullsFirst())
      .where(sql`${firing.taskId} is not null`),
    foreignKey({ columns: [firing.scheduleId], foreignColumns: [schedules.id] }).onDelete("cascade"),
  ],
);
export type ScheduleFiringRow = typeof scheduleFirings.$inferSelect;
