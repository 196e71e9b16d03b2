import { z } from "zod";
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
import { jsonObject, Metadata, PAYLOAD_MAX_BYTES } from "./json";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { ExecutionPolicy, ResourceBundleRef, WorkspaceRef } from "./run";

export const TASK_STATES = ["pending", "dispatched", "running", "completed", "failed", "cancelled"] as const;
export type TaskState = (typeof TASK_STATES)[number];

const ReaderId = ChosenId;
const Priority = z.int().min(-2_147_483_648).max(2_147_483_647);

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
  payload: jsonObject(PAYLOAD_MAX_BYTES),
  references: z.array(z.unknown()).max(1_000).optional(),
  metadata: Metadata.optional(),
  idempotencyKey: IdempotencyKey.optional(),
  runAt: Instant.optional(),
});
export type CreateTaskInput = z.infer<typeof CreateTaskInput>;

export const ListTasksInput = z.strictObject({
  queue: RecordId.optional(),
  lane: RecordId.optional(),
  state: z.enum(TASK_STATES).optional(),
  search: text(200).optional(),
  updatedAfter: Count.optional(),
  readerId: ReaderId.optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
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
export const CancelTaskInput = z.strictObject({ taskId: RecordId, reason: text(10_000).optional() });
export type CancelTaskInput = z.infer<typeof CancelTaskInput>;
export const MarkTaskReadInput = z.strictObject({ taskId: RecordId, readerId: ReaderId, version: Count.optional() });
export type MarkTaskReadInput = z.infer<typeof MarkTaskReadInput>;
export const QueueScopeInput = z.strictObject({
  queue: RecordId.optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
});
export type QueueScopeInput = z.infer<typeof QueueScopeInput>;

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
  createdAt: z.string(),
  updatedAt: z.string(),
  cancelledAt: z.string().nullable(),
  cancelReason: z.string().nullable(),
});
export type QueueTask = z.infer<typeof QueueTask>;
export const QueueTaskSummary = QueueTask.extend({ unread: z.boolean() });
export type QueueTaskSummary = z.infer<typeof QueueTaskSummary>;
export const QueueTaskPage = pageOf(QueueTaskSummary);
export const TaskReadMark = z.object({
  taskId: z.string(),
  readerId: z.string(),
  taskVersion: z.number(),
  readAt: z.string(),
});
export type TaskReadMark = z.infer<typeof TaskReadMark>;

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
export const QueueCommander = z.object({
  queue: z.string().nullable(),
  stats: QueueStats,
  items: z.array(QueueTask),
  generatedAt: z.string(),
});
export type QueueCommander = z.infer<typeof QueueCommander>;
