import { z } from "zod";
import { APPROVAL_DECISIONS } from "./command";
import { Int32, RecordId, requiredText, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { TIME_RANGE } from "./time-range";
import { APPROVAL_KINDS, APPROVAL_SORTS, APPROVAL_STATUSES } from "./words";

export { APPROVAL_KINDS, APPROVAL_STATUSES, type ApprovalStatus } from "./words";

export const RequestApprovalInput = z.strictObject({
  runId: RecordId,
  leaseEpoch: Int32.optional(),
  requestKey: requiredText(256),
  kind: z.enum(APPROVAL_KINDS),
  itemId: requiredText(256).optional(),
  turnId: requiredText(256).optional(),
  /** The thread of the sub-agent that asks; left out when the session's own agent asks. */
  agentThreadId: requiredText(256).optional(),
  command: text(1_048_576).optional(),
  cwd: text(4_096).optional(),
  changes: z
    .array(
      z.strictObject({
        path: text(4_096),
        kind: text(64),
        diff: text(1_048_576),
        movedTo: text(4_096).optional(),
      }),
    )
    .max(1_000)
    .optional(),
  reason: text(10_000).optional(),
});
export type RequestApprovalInput = z.infer<typeof RequestApprovalInput>;

export const ListApprovalsInput = z.strictObject({
  status: z.enum(APPROVAL_STATUSES).optional(),
  kind: z.enum(APPROVAL_KINDS).optional(),
  sessionId: RecordId.optional(),
  runId: RecordId.optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  /** The full id of an approval, a run or a session. */
  search: RecordId.optional(),
  ...TIME_RANGE,
  /** Sorted by the time of the request; newest first by default. */
  sort: z.enum(APPROVAL_SORTS).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListApprovalsInput = z.infer<typeof ListApprovalsInput>;
export const GetApprovalInput = z.strictObject({ approvalId: RecordId });
export const DecideApprovalInput = z.strictObject({
  approvalId: RecordId,
  decision: z.enum(APPROVAL_DECISIONS),
  reason: text(10_000).optional(),
});
export type DecideApprovalInput = z.infer<typeof DecideApprovalInput>;

export const Approval = z.object({
  id: z.string(),
  tenantId: z.string(),
  projectId: z.string(),
  runId: z.string(),
  sessionId: z.string().nullable(),
  leaseEpoch: z.number(),
  kind: z.enum(APPROVAL_KINDS),
  itemId: z.string().nullable(),
  turnId: z.string().nullable(),
  /** The thread of the sub-agent that asks; null: the session's own agent asks. */
  agentThreadId: z.string().nullable(),
  command: z.string().nullable(),
  cwd: z.string().nullable(),
  changes: z
    .array(
      z.object({
        path: z.string(),
        kind: z.string(),
        diff: z.string(),
        /** Where the file is moved to, if it is. */
        movedTo: z.string().optional(),
      }),
    )
    .nullable(),
  reason: z.string().nullable(),
  policy: z.record(z.string(), z.unknown()),
  status: z.enum(APPROVAL_STATUSES),
  decision: z.enum(APPROVAL_DECISIONS).nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: z.string().nullable(),
  decisionReason: z.string().nullable(),
  commandId: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Approval = z.infer<typeof Approval>;

/** An approval with the run and session that ask for it. */
export const ApprovalSummary = Approval.extend({
  backendProfile: z.string(),
  sessionTitle: z.string().nullable(),
  taskId: z.string().nullable(),
  taskTitle: z.string().nullable(),
  /**
   * While the approval waits: when its turn reaches its policy's time limit. null without a limit, or when the approval
   * no longer waits.
   */
  expiresAt: z.string().nullable(),
});
export type ApprovalSummary = z.infer<typeof ApprovalSummary>;
export const ApprovalPage = pageOf(ApprovalSummary);
