import { z } from "zod";
import { chosenName, exactText, IdempotencyKey, Instant, Int32, OwnerId, RecordId, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { CreateTaskInput } from "./queue";
import { cleanJson } from "./text";
import { CATCH_UP_DEFAULT_MS, FIRING_OUTCOMES, SCHEDULE_OVERLAPS, TASK_STATES } from "./words";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Minute, hour, day of the month, month, day of the week; or a nickname such as `@daily`. The service says what is wrong with one. */
const CronText = exactText(200);
/** As IANA names them: `Europe/Berlin`. */
const TimeZone = exactText(64);
const Overlap = z.enum(SCHEDULE_OVERLAPS);
const CatchUpMs = z
  .int()
  .min(0)
  .max(7 * DAY_MS);

/** Up to how much later than its time a task may start, at random, so that many schedules of one time do not come at once. */
const JitterMs = z.int().min(0).max(DAY_MS);

/** It is shown in lists, and stored with every task: what is long belongs into a file, or a bundle from git. */
const TASK_MAX_BYTES = 65_536;

/** What each task is made of; a task's own key and time are the schedule's. */
export const ScheduleTask = CreateTaskInput.omit({
  tenantId: true,
  projectId: true,
  idempotencyKey: true,
  runAt: true,
  expiresAt: true,
  dependsOn: true,
  onDependencyFailed: true,
  dependencyResults: true,
})
  .extend({
    references: z.array(z.unknown()).max(1_000).transform(cleanJson).optional(),
    /** A task that still waits so long after it was due fails. */
    expiresAfterMs: z
      .int()
      .min(MINUTE_MS)
      .max(90 * DAY_MS)
      .optional(),
  })
  .refine((task) => Buffer.byteLength(JSON.stringify(task)) <= TASK_MAX_BYTES, {
    message: `larger than ${TASK_MAX_BYTES} bytes of JSON: put what is long into a file, or a bundle from git`,
  });
export type ScheduleTask = z.infer<typeof ScheduleTask>;

export const ListSchedulesInput = z.strictObject({
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  /** A part of the name. */
  search: text(200).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListSchedulesInput = z.infer<typeof ListSchedulesInput>;

export const ScheduleInput = z.strictObject({ scheduleId: RecordId });
export type ScheduleInput = z.infer<typeof ScheduleInput>;

export const TriggerScheduleInput = z.strictObject({
  scheduleId: RecordId,
  /** Of the task: sent again with the same, it adds none. */
  idempotencyKey: IdempotencyKey.optional(),
});
export type TriggerScheduleInput = z.infer<typeof TriggerScheduleInput>;

export const CreateScheduleInput = z.strictObject({
  /** Of the schedules of a tenant no two have the same. */
  name: chosenName(80),
  tenantId: OwnerId.optional(),
  projectId: OwnerId.optional(),
  cron: CronText,
  timeZone: TimeZone.default("UTC"),
  overlap: Overlap.default("skip"),
  /** How long after its time one that was missed is still made up for: the last of them, once. */
  catchUpMs: CatchUpMs.default(CATCH_UP_DEFAULT_MS),
  jitterMs: JitterMs.default(0),
  /** No time before it comes. */
  startsAt: Instant.optional(),
  /** No time after it comes; the schedule has ended then. */
  endsAt: Instant.optional(),
  isPaused: z.boolean().default(false),
  task: ScheduleTask,
});
export type CreateScheduleInput = z.infer<typeof CreateScheduleInput>;

export const UpdateScheduleInput = z.strictObject({
  scheduleId: RecordId,
  name: chosenName(80).optional(),
  cron: CronText.optional(),
  timeZone: TimeZone.optional(),
  overlap: Overlap.optional(),
  catchUpMs: CatchUpMs.optional(),
  jitterMs: JitterMs.optional(),
  /** null: from now on. */
  startsAt: Instant.nullish(),
  /** null: for good. */
  endsAt: Instant.nullish(),
  /** Times that pass while it is paused are not made up for. */
  isPaused: z.boolean().optional(),
  /** As a whole: what is left out is not there any more. */
  task: ScheduleTask.optional(),
  /** The version that the caller has seen. */
  expectedVersion: Int32.optional(),
});
export type UpdateScheduleInput = z.infer<typeof UpdateScheduleInput>;

export const DeleteScheduleInput = z.strictObject({ scheduleId: RecordId, expectedVersion: Int32.optional() });
export type DeleteScheduleInput = z.infer<typeof DeleteScheduleInput>;

export const PreviewScheduleInput = z.strictObject({
  cron: CronText,
  timeZone: TimeZone.default("UTC"),
  startsAt: Instant.optional(),
  endsAt: Instant.optional(),
});
export type PreviewScheduleInput = z.infer<typeof PreviewScheduleInput>;
export const SchedulePreview = z.object({
  /** The plan in words: “At 09:00, Monday through Friday”. */
  words: z.string(),
  /** The next times, the soonest first; at most PREVIEWED_TIMES. */
  times: z.array(z.string()),
});
export type SchedulePreview = z.infer<typeof SchedulePreview>;

/** One time of a schedule, and what came of it. */
export const ScheduleFiring = z.object({
  scheduleId: z.string(),
  /** When it was due by the plan; when a person asked for it. */
  dueAt: z.string(),
  firedAt: z.string(),
  outcome: z.enum(FIRING_OUTCOMES),
  /** Whether a person or a program asked for it, and not the plan. */
  isManual: z.boolean(),
  /** Earlier times that had passed unnoticed, and that it stands for; at most 1,000 are counted. */
  missed: z.number(),
  /** Why there is no task. */
  message: z.string().nullable(),
  /** Of one that was skipped: the task of before that had not ended. */
  holderTaskId: z.string().nullable(),
  /** The task as it is now; null where there is none, or none any more. */
  task: z
    .object({
      id: z.string(),
      state: z.enum(TASK_STATES),
      sessionId: z.string().nullable(),
      runId: z.string().nullable(),
      failureKind: z.string().nullable(),
    })
    .nullable(),
});
export type ScheduleFiring = z.infer<typeof ScheduleFiring>;
export const ScheduleFiringPage = pageOf(ScheduleFiring);

/** A plan by which tasks are added. */
export const Schedule = z.object({
  id: z.string(),
  tenantId: z.string(),
  projectId: z.string(),
  name: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  words: z.string(),
  overlap: Overlap,
  catchUpMs: z.number(),
  jitterMs: z.number(),
  startsAt: z.string().nullable(),
  endsAt: z.string().nullable(),
  isPaused: z.boolean(),
  task: ScheduleTask,
  /** null: it is paused, or has ended. */
  nextAt: z.string().nullable(),
  lastFiring: ScheduleFiring.nullable(),
  /** Who made it, as the audit log names them. */
  createdBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  version: z.number(),
});
export type Schedule = z.infer<typeof Schedule>;
export const SchedulePage = pageOf(Schedule);

export const DeletedSchedule = z.object({ scheduleId: z.string() });
export type DeletedSchedule = z.infer<typeof DeletedSchedule>;

export const ListFiringsInput = z.strictObject({
  scheduleId: RecordId,
  outcome: z.enum(FIRING_OUTCOMES).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListFiringsInput = z.infer<typeof ListFiringsInput>;
