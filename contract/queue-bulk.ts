import { z } from "zod";
import { ChosenId, Instant, OwnerId, RecordId, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { TASK_STATES } from "./queue";

export const BULK_ACTIONS = ["cancel", "retry", "reprioritise", "move"] as const;
export const BULK_STATES = ["pending", "running", "completed", "aborted"] as const;
export const BULK_OUTCOMES = ["done", "unchanged", "refused"] as const;
export type BulkOutcome = (typeof BULK_OUTCOMES)[number];
/** Tasks that one bulk action may have. */
export const BULK_TASKS_MAX = 100_000;

/** Which tasks: by ids, or all that match as they were when the action was made; at least one condition. */
export const BulkFilter = z.strictObject({
  taskIds: z.array(RecordId).min(1).max(10_000).optional(),
  queue: RecordId.optional(),
  lane: RecordId.optional(),
  state: z.enum(TASK_STATES).optional(),
  backendProfile: RecordId.optional(),
  search: text(200).optional(),
  /** When they were added: by instants alone, so that it means the same whenever it is done. */
  since: Instant.optional(),
  until: Instant.optional(),
});
export type BulkFilter = z.infer<typeof BulkFilter>;

export const CreateBulkInput = z
  .strictObject({
    tenantId: OwnerId.optional(),
    projectId: OwnerId.optional(),
    action: z.enum(BULK_ACTIONS),
    filter: BulkFilter,
    /** Of `reprioritise`. */
    priority: z.int().min(-2_147_483_648).max(2_147_483_647).optional(),
    /** Of `move`. */
    queue: ChosenId.optional(),
    lane: ChosenId.optional(),
    reason: text(10_000).optional(),
  })
  .superRefine((input, ctx) => {
    const refuse = (path: string, message: string) => ctx.addIssue({ code: "custom", path: [path], message });
    if (Object.keys(input.filter).length === 0) refuse("filter", "name at least one condition");
    if (input.action === "reprioritise" && input.priority === undefined)
      refuse("priority", "is needed to reprioritise");
    if (input.action === "move" && input.lane === undefined && input.queue === undefined)
      refuse("lane", "a lane or a queue is needed to move");
  });
export type CreateBulkInput = z.infer<typeof CreateBulkInput>;

export const BulkAction = z.object({
  id: z.string(),
  tenantId: z.string().nullable(),
  projectId: z.string().nullable(),
  action: z.enum(BULK_ACTIONS),
  filter: BulkFilter,
  priority: z.number().nullable(),
  queue: z.string().nullable(),
  lane: z.string().nullable(),
  reason: z.string().nullable(),
  state: z.enum(BULK_STATES),
  /** Tasks that matched, of which so many are dealt with. */
  total: z.number(),
  done: z.number(),
  unchanged: z.number(),
  refused: z.number(),
  createdBy: z.string(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
});
export type BulkAction = z.infer<typeof BulkAction>;
export const BulkActionPage = pageOf(BulkAction);

export const GetBulkInput = z.strictObject({ bulkId: RecordId });
export type GetBulkInput = z.infer<typeof GetBulkInput>;
export const ListBulkInput = z.strictObject({ cursor: Cursor.optional(), limit: pageLimit(LIST_LIMIT_MAX) });
export type ListBulkInput = z.infer<typeof ListBulkInput>;
export const ListBulkResultsInput = z.strictObject({
  bulkId: RecordId,
  outcome: z.enum(BULK_OUTCOMES).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListBulkResultsInput = z.infer<typeof ListBulkResultsInput>;
export const BulkResult = z.object({
  taskId: z.string(),
  outcome: z.enum(BULK_OUTCOMES),
  message: z.string().nullable(),
});
export type BulkResult = z.infer<typeof BulkResult>;
export const BulkResultPage = pageOf(BulkResult);
