import { z } from "zod";
import { AttachmentIds, ShownAttachment } from "./attachment";
import { ErrorBody, FAILURE_KINDS, FailureKind } from "./errors";
import {
  ChosenId,
  ChosenSessionId,
  Count,
  IdempotencyKey,
  Instant,
  OwnerId,
  RecordId,
  requiredText,
  text,
} from "./ids";
import { namesImages } from "./image";
import { jsonObject, Metadata, MetadataFilter, PAYLOAD_MAX_BYTES } from "./json";
import { OutputSchema, StoredOutput } from "./output-schema";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { ExecutionPolicy, ResourceBundleRef, WorkspaceRef } from "./run";
import { TIME_RANGE } from "./time-range";
import { DEPENDENCY_RESULTS, ON_DEPENDENCY_FAILED, ON_USAGE_LIMIT, TASK_SORTS, TASK_STATES } from "./words";

export { TASK_STATES, type TaskState } from "./words";

/** Why a task gets no further attempt by itself. */
export const DEAD_LETTERS = ["attempts-exhausted", "not-retryable", "expired", "refused", "dependency-failed"] as const;
export type DeadLetter = (typeof DEAD_LETTERS)[number];

const DAY_MS = 86_400_000;

/**
 * When a failed attempt is followed by another. Attempts count from 1 and end with `maxAttempts`. The delay before the
 * n-th further attempt is `backoffMs` × 2^(n - 1), at most `backoffMaxMs`, varied by up to a quarter.
 */
export const RetryPolicy = z.strictObject({
  maxAttempts: z.int().min(1).max(100).optional(),
  backoffMs: z.int().min(0).max(DAY_MS).optional(),
  backoffMaxMs: z
    .int()
    .min(0)
    .max(7 * DAY_MS)
    .optional(),
  retryOn: z.array(FailureKind).max(FAILURE_KINDS.length).optional(),
  onUsageLimit: z.enum(ON_USAGE_LIMIT).optional(),
});
export type RetryPolicy = z.infer<typeof RetryPolicy>;

/** The values of a retry policy's absent fields. By default, failures that are not the work's fault are tried again. */
export const RETRY_DEFAULTS = {
  maxAttempts: 3,
  backoffMs: 10_000,
  backoffMaxMs: 600_000,
  retryOn: ["infra-failed", "runner-lost", "rate-limited"],
  onUsageLimit: "ask",
} as const satisfies Required<RetryPolicy>;

/** Tasks that one call marks as read, at most. */
export const MARKED_MAX = 1_000;
const ReaderId = ChosenId;
const Priority = z.int().min(-2_147_483_648).max(2_147_483_647);

/** Tasks that one comes after, at most. */
export const DEPENDENCIES_MAX = 50;
/** A task that another depends on: its id, or the key that it was added with. */
const DependencyRef = z.union([
  z.strictObject({ taskId: RecordId }),
  z.strictObject({ idempotencyKey: IdempotencyKey }),
]);
export type DependencyRef = z.infer<typeof DependencyRef>;

export const CreateTaskInput = z.strictObject({
  tenantId: OwnerId.optional(),
  projectId: OwnerId.optional(),
  queue: ChosenId.optional(),
  lane: ChosenId.optional(),
  title: requiredText(500),
  priority: Priority.optional(),
  backendProfile: ChosenId,
  providerId: ChosenId.optional(),
  workspaceRef: WorkspaceRef.optional(),
  executionPolicy: ExecutionPolicy.optional(),
  resourceBundleRef: ResourceBundleRef.optional(),
  sessionId: ChosenSessionId.optional(),
  /** What the agent is asked. An `outputSchema` in it is the schema of its turn, `attachments` are the images it shows. */
  payload: jsonObject(PAYLOAD_MAX_BYTES)
    .superRefine(({ outputSchema, attachments }, refinement) => {
      const addIssues = (field: string, issues: z.core.$ZodIssue[] = []) => {
        for (const { message, path } of issues)
          refinement.addIssue({ code: "custom", message, path: [field, ...path] });
      };
      if (outputSchema !== undefined) addIssues("outputSchema", OutputSchema.safeParse(outputSchema).error?.issues);
      if (namesImages(attachments)) addIssues("attachments", AttachmentIds.safeParse(attachments).error?.issues);
    })
    .meta({
      description:
        "what the agent is asked: its `text`, else the title and all that is in here; `outputSchema`, a JSON Schema that the answer is to fit, and `attachments`, the ids of images that were uploaded for tasks, are taken as of a turn",
    }),
  references: z.array(z.unknown()).max(1_000).optional(),
  metadata: Metadata.optional(),
  idempotencyKey: IdempotencyKey.optional(),
  /** The task is not dispatched before this time. */
  runAt: Instant.optional(),
  /** The task fails if it still waits at this time. */
  expiresAt: Instant.optional(),
  retry: RetryPolicy.optional(),
  /**
   * The task is not dispatched before all of these are completed. Each must already exist in the task's tenant, or
   * precede it in the same `createTasks`. Keys are looked up in the task's own project.
   */
  dependsOn: z.array(DependencyRef).max(DEPENDENCIES_MAX).optional(),
  /** What happens when one of them failed or was cancelled; `hold` by default. */
  onDependencyFailed: z.enum(ON_DEPENDENCY_FAILED).optional(),
  /** `append` puts what those found out behind the text that its agent is asked; `none` unless told. */
  dependencyResults: z.enum(DEPENDENCY_RESULTS).optional(),
});
export type CreateTaskInput = z.infer<typeof CreateTaskInput>;

export const CREATE_TASKS_MAX = 1_000;
export const CreateTasksInput = z.strictObject({ tasks: z.array(CreateTaskInput).min(1).max(CREATE_TASKS_MAX) });
export type CreateTasksInput = z.infer<typeof CreateTasksInput>;

/** The filter of a list of tasks, also used for actions on everything that it matches. */
export const TASK_FILTER = {
  queue: RecordId.optional(),
  lane: RecordId.optional(),
  state: z.enum(TASK_STATES).optional(),
  search: text(200).optional(),
  projectId: RecordId.optional(),
  backendProfile: RecordId.optional(),
  sessionId: RecordId.optional(),
  failureKind: RecordId.optional(),
  concurrencyKey: text(500).optional(),
  /** The id of a task: lists the tasks that depend on it. */
  dependsOn: RecordId.optional(),
  /** Whether it waits for a provider's limit, or for a person because of one. */
  parked: z.boolean().optional(),
  /** Whether it has changed since the reader read it. */
  unread: z.boolean().optional(),
  readerId: ReaderId.optional(),
  metadata: MetadataFilter.optional(),
  /** When it was added. */
  ...TIME_RANGE,
};

export const ListTasksInput = z.strictObject({
  ...TASK_FILTER,
  updatedAfter: Count.optional(),
  tenantId: RecordId.optional(),
  /** By priority, the highest first, unless told. */
  sort: z.enum(TASK_SORTS).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListTasksInput = z.infer<typeof ListTasksInput>;

export const GetTaskInput = z.strictObject({ taskId: RecordId, readerId: ReaderId.optional() });
export const UpdateAttemptInput = z.strictObject({
  taskId: RecordId,
  state: z.enum(TASK_STATES),
  latestAttempt: jsonObject(1_048_576).nullable(),
  sessionPath: text(2_048).nullable().optional(),
});
export type UpdateAttemptInput = z.infer<typeof UpdateAttemptInput>;
/**
 * The version that the caller has seen. If the row has another one, the change is refused and the current row returned.
 */
const ExpectedVersion = Count.optional();
export const CancelTaskInput = z.strictObject({
  taskId: RecordId,
  reason: text(10_000).optional(),
  expectedVersion: ExpectedVersion,
});
export type CancelTaskInput = z.infer<typeof CancelTaskInput>;
export const UpdateTaskInput = z.strictObject({
  taskId: RecordId,
  expectedVersion: ExpectedVersion,
  title: requiredText(500).optional(),
  priority: Priority.optional(),
  queue: ChosenId.optional(),
  lane: ChosenId.optional(),
  runAt: Instant.nullable().optional(),
  expiresAt: Instant.nullable().optional(),
  /** The dependencies to keep, out of the current ones: dependencies can be removed, never added. */
  dependsOn: z
    .array(z.strictObject({ taskId: RecordId }))
    .max(DEPENDENCIES_MAX)
    .optional(),
});
export type UpdateTaskInput = z.infer<typeof UpdateTaskInput>;
export const RetryTaskInput = z.strictObject({ taskId: RecordId, expectedVersion: ExpectedVersion });
export type RetryTaskInput = z.infer<typeof RetryTaskInput>;
export const MarkTaskReadInput = z.strictObject({ taskId: RecordId, readerId: ReaderId, version: Count.optional() });
export type MarkTaskReadInput = z.infer<typeof MarkTaskReadInput>;
export const MarkTasksReadInput = z
  .strictObject({
    readerId: ReaderId,
    /**
     * Either these tasks, each up to the version seen, or everything that a filter of their list matches. Exactly one
     * must be given.
     */
    tasks: z
      .array(z.strictObject({ taskId: RecordId, version: Count.optional() }))
      .min(1)
      .max(MARKED_MAX)
      .optional(),
    filter: z.strictObject(TASK_FILTER).optional(),
  })
  .refine(({ tasks, filter }) => (tasks === undefined) !== (filter === undefined), {
    path: ["tasks"],
    error: "say either tasks or a filter",
  });
export type MarkTasksReadInput = z.infer<typeof MarkTasksReadInput>;
export const QueueScopeInput = z.strictObject({
  queue: RecordId.optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
});
export type QueueScopeInput = z.infer<typeof QueueScopeInput>;
export const QueueStatsInput = QueueScopeInput.extend({ lane: RecordId.optional() });
export type QueueStatsInput = z.infer<typeof QueueStatsInput>;

/** What keeps a waiting task from being dispatched. The first that applies, in this order, is reported. */
export const BLOCKER_KINDS = [
  "dependency-failed",
  "dependency",
  "not-dispatched",
  "paused",
  "parked",
  "not-due",
  "backoff",
  "budget-reached",
  "session-busy",
  "session-evicted",
  "key-limit",
  "lane-limit",
  "queue-limit",
  "rate-limited",
  "backend-disabled",
  "backend-down",
  "backend-limit",
  "capacity",
  "next",
] as const;
export type BlockerKind = (typeof BLOCKER_KINDS)[number];
/** A task that another one depends on. */
const Dependency = z.object({ taskId: z.string(), title: z.string(), state: z.enum(TASK_STATES) });
export type Dependency = z.infer<typeof Dependency>;
export const Blocker = z.object({
  kind: z.enum(BLOCKER_KINDS),
  /** A sentence for people. */
  message: z.string(),
  /** When the block ends by itself, where that is known. */
  until: z.string().nullable(),
  limit: z.number().nullable(),
  /** The first few tasks that hold what the task waits for. */
  holders: z.array(z.string()),
  /** For `rate-limited`: whose rate it is, and what it allows. `until` is when the next start is possible. */
  rate: z.object({ of: z.enum(["queue", "lane"]), startsMax: z.number(), startsWindowSeconds: z.number() }).optional(),
  /**
   * For `dependency` and `dependency-failed`: how many tasks it waits for, and the first ten of them, failed ones
   * first.
   */
  dependencies: z.object({ count: z.number(), tasks: z.array(Dependency) }).optional(),
  /** For `budget-reached`: the budget, for those who may see it; none for what a single session may spend. */
  budgetId: z.string().optional(),
});
export type Blocker = z.infer<typeof Blocker>;

export const ExplainTaskInput = z.strictObject({ taskId: RecordId });
export type ExplainTaskInput = z.infer<typeof ExplainTaskInput>;
export const TaskExplanation = z.object({
  taskId: z.string(),
  state: z.enum(TASK_STATES),
  blocker: Blocker.nullable(),
  /** Its place among the waiting tasks of its lane, from 1; null when it does not wait. */
  rank: z.number().nullable(),
  /** Whether there are more before it than were counted. */
  isRankBounded: z.boolean(),
  /** Estimated from how fast its lane started tasks recently; null where nothing is known. */
  estimatedStartAt: z.string().nullable(),
});
export type TaskExplanation = z.infer<typeof TaskExplanation>;

/**
 * What adding a task now would lead to: an immediate start, a wait, its expiry before a start, a refusal once it is
 * due, or no new task because it exists already.
 */
const TASK_TRIALS = ["dispatched", "waits", "expires", "refused", "exists"] as const;
export const TaskTrial = z.object({
  outcome: z.enum(TASK_TRIALS),
  /** A sentence for people. */
  message: z.string(),
  /** The existing task that was added with the same key and content. */
  taskId: z.string().nullable(),
  /** The task as it would be added, defaults filled in. */
  task: z.object({
    tenantId: z.string(),
    projectId: z.string(),
    queue: z.string(),
    lane: z.string(),
    priority: z.number(),
    backendProfile: z.string(),
    sessionId: z.string().nullable(),
    concurrencyKey: z.string().nullable(),
  }),
  /** What it would wait for after the tasks ahead of it are gone. */
  blocker: Blocker.nullable(),
  rank: z.number().nullable(),
  isRankBounded: z.boolean(),
  estimatedStartAt: z.string().nullable(),
  /** When this was so. */
  asOf: z.string(),
});
export type TaskTrial = z.infer<typeof TaskTrial>;

export const ListAttemptsInput = z.strictObject({
  taskId: RecordId,
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListAttemptsInput = z.infer<typeof ListAttemptsInput>;
export const TaskAttempt = z.object({
  taskId: z.string(),
  /** From 1. */
  attempt: z.number(),
  runId: z.string().nullable(),
  sessionId: z.string().nullable(),
  state: z.enum(TASK_STATES),
  /** Since when it waited for a slot. */
  readyAt: z.string(),
  dispatchedAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  failureKind: z.string().nullable(),
  failureMessage: z.string().nullable(),
});
export type TaskAttempt = z.infer<typeof TaskAttempt>;
export const TaskAttemptPage = pageOf(TaskAttempt);

const StoredRef = z.record(z.string(), z.unknown());
export const QueueTask = z.object({
  id: z.string(),
  tenantId: z.string(),
  projectId: z.string(),
  queue: z.string(),
  lane: z.string(),
  title: z.string(),
  priority: z.number(),
  state: z.enum(TASK_STATES),
  version: z.number(),
  backendProfile: z.string(),
  providerId: z.string().nullable(),
  sessionId: z.string().nullable(),
  workspaceRef: StoredRef.nullable(),
  executionPolicy: StoredRef.nullable(),
  resourceBundleRef: StoredRef.nullable(),
  payload: StoredRef,
  payloadHash: z.string(),
  references: z.array(z.unknown()),
  metadata: StoredRef,
  idempotencyKey: z.string().nullable(),
  latestAttempt: StoredRef.nullable(),
  sessionPath: z.string().nullable(),
  runAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
  retry: StoredRef.nullable(),
  concurrencyKey: z.string().nullable(),
  /** The run of the current attempt, or of the last one. */
  runId: z.string().nullable(),
  attemptCount: z.number(),
  /** What ended the last attempt. */
  failureKind: z.string().nullable(),
  failureMessage: z.string().nullable(),
  deadLetter: z.string().nullable(),
  /** When a further attempt is due, by backoff or a provider's limit. */
  nextAttemptAt: z.string().nullable(),
  parkedAt: z.string().nullable(),
  parkedUntil: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
  cancelRequestedAt: z.string().nullable(),
  cancelledAt: z.string().nullable(),
  cancelReason: z.string().nullable(),
});
export type QueueTask = z.infer<typeof QueueTask>;
export const QueueTaskSummary = QueueTask.extend({
  unread: z.boolean(),
  /** What a waiting task waits for; null for every other. */
  blocker: Blocker.nullable(),
  /** Tasks that it comes after, whatever has become of them. */
  dependencyCount: z.number(),
});
export type QueueTaskSummary = z.infer<typeof QueueTaskSummary>;
/** One task alone: lists leave out what its agent answered. */
export const QueueTaskDetail = QueueTaskSummary.extend({
  /** The JSON that the turn of its completed attempt answered by `payload.outputSchema`; null where there is none. */
  output: StoredOutput,
  /** What it comes after, in the order in which that was said; the oldest first of a task of an older release. */
  dependsOn: z.array(Dependency),
  /** null: it comes after nothing. */
  onDependencyFailed: z.enum(ON_DEPENDENCY_FAILED).nullable(),
  dependencyResults: z.enum(DEPENDENCY_RESULTS),
  /** The images that it shows, in the order of `payload.attachments`, without those that are not kept any more. */
  attachments: z.array(ShownAttachment),
});
export type QueueTaskDetail = z.infer<typeof QueueTaskDetail>;
export const QueueTaskPage = pageOf(QueueTaskSummary);
/** Each task's own result, in the order of the input. */
export const CreateTasksResult = z.object({
  items: z.array(z.union([z.object({ task: QueueTask }), z.object({ error: ErrorBody })])),
});
export type CreateTasksResult = z.infer<typeof CreateTasksResult>;
export const TaskReadMark = z.object({
  taskId: z.string(),
  readerId: z.string(),
  taskVersion: z.number(),
  readAt: z.string(),
});
export type TaskReadMark = z.infer<typeof TaskReadMark>;
export const TaskReadMarks = z.object({
  items: z.array(TaskReadMark),
  /** Of a filter: there were as many as one call marks, so that there may be more. */
  hasMore: z.boolean(),
});
export type TaskReadMarks = z.infer<typeof TaskReadMarks>;

const Counts = z.record(z.string(), z.number());
export const QueueStats = z.object({
  queue: z.string().nullable(),
  total: z.number(),
  byState: Counts,
  byQueue: Counts,
  byLane: Counts,
  byBackendProfile: Counts,
  generatedAt: z.string(),
});
export type QueueStats = z.infer<typeof QueueStats>;
