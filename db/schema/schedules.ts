import { sql } from "drizzle-orm";
import { boolean, foreignKey, index, integer, jsonb, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import type { ScheduleTask } from "@/contract/schedule";
import { FIRING_OUTCOMES, SCHEDULE_OVERLAPS } from "@/contract/words";
import { big, instant, lifecycle, table } from "./columns";

/** Plans for adding tasks at recurring times. */
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
    /** No firing happens before `startsAt` or after `endsAt`. */
    startsAt: instant(),
    endsAt: instant(),
    isPaused: boolean().notNull().default(false),
    /** The template for each task, as it was sent. */
    task: jsonb().$type<ScheduleTask>().notNull(),
    /** null: the schedule is paused or has ended. */
    nextAt: instant(),
    /** The due time of its last firing, which identifies that firing. */
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

/** The result of each time of a schedule. A time fires once, because it is part of the key. */
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
    /** For a skipped time: the previous task, which had not ended. */
    holderTaskId: text(),
    /** Not a foreign key: it stays known that a task was added when the task no longer exists. */
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
