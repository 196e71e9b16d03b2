import { z } from "zod";
import { chosenName, exactText, IdempotencyKey, Instant, Int32, OwnerId, RecordId, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { CreateTaskInput } from "./queue";
import { cleanJson } from "./text";
import { CATCH_UP_DEFAULT_MS, FIRING_OUTCOMES, SCHEDULE_OVERLAPS, TASK_STATES } from "./words";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Minute, hour, day of the month, month, day of the week; or a nickname such as `@daily`. The service reports what is
 * wrong with it.
 */
const CronText = exactText(200);
/** An IANA name, such as `Europe/Berlin`. */
const TimeZone = exactText(64);
const Overlap = z.enum(SCHEDULE_OVERLAPS);
const CatchUpMs = z
  .int()
  .min(0)
  .max(7 * DAY_MS);

/** Maximum random delay of a task after its time, so that many schedules of one time do not start at once. */
const JitterMs = z.int().min(0).max(DAY_MS);

/**
 * Bounded because it is shown in lists and stored with every task. Longer material belongs in a file, or in a bundle
 * from git.
 */
const TASK_MAX_BYTES = 65_536;

/** The template for each task. A task's own key and time come from the schedule. */
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
    /** A task that still waits this long after it was due fails. */
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
  /** Part of the name. */
  search: text(200).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListSchedulesInput = z.infer<typeof ListSchedulesInput>;

export const ScheduleInput = z.strictObject({ scheduleId: RecordId });
export type ScheduleInput = z.infer<typeof ScheduleInput>;

export const TriggerScheduleInput = z.strictObject({
  scheduleId: RecordId,
  /** The key of the task: sending it again adds no second one. */
  idempotencyKey: IdempotencyKey.optional(),
});
export type TriggerScheduleInput = z.infer<typeof TriggerScheduleInput>;

export const CreateScheduleInput = z.strictObject({
  /** Unique among the tenant's schedules. */
  name: chosenName(80),
  tenantId: OwnerId.optional(),
  projectId: OwnerId.optional(),
  cron: CronText,
  timeZone: TimeZone.default("UTC"),
  overlap: Overlap.default("skip"),
  /** How late a missed time may be and still be made up for. Only the last missed time is made up for, once. */
  catchUpMs: CatchUpMs.default(CATCH_UP_DEFAULT_MS),
  jitterMs: JitterMs.default(0),
  /** No firing happens before this time. */
  startsAt: Instant.optional(),
  /** No firing happens after this time; the schedule then has ended. */
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
  /** null: no end. */
  endsAt: Instant.nullish(),
  /** Times that pass while the schedule is paused are not made up for. */
  isPaused: z.boolean().optional(),
  /** Replaces the whole template: a field that is left out is removed. */
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
  /** The next times, soonest first; at most PREVIEWED_TIMES. */
  times: z.array(z.string()),
});
export type SchedulePreview = z.infer<typeof SchedulePreview>;

/** One time of a schedule, and its result. */
export const ScheduleFiring = z.object({
  scheduleId: z.string(),
  /** When the firing was due by the plan, or when a person asked for it. */
  dueAt: z.string(),
  firedAt: z.string(),
  outcome: z.enum(FIRING_OUTCOMES),
  /** Whether a person or a program asked for it, instead of the plan. */
  isManual: z.boolean(),
  /** Earlier missed times that this firing stands for; counted up to 1,000. */
  missed: z.number(),
  /** Why no task was added. */
  message: z.string().nullable(),
  /** For a skipped firing: the earlier task that had not ended. */
  holderTaskId: z.string().nullable(),
  /** The task as it is now; null where none was added or it no longer exists. */
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

/** A plan for adding tasks at recurring times. */
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
  /** null: the schedule is paused or has ended. */
  nextAt: z.string().nullable(),
  lastFiring: ScheduleFiring.nullable(),
  /** Who made the schedule, as the audit log names them. */
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
