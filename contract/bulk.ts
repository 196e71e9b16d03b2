import { z } from "zod";
import { ListApprovalsInput } from "./approval";
import { ChosenId, Count, IdempotencyKey, Instant, OwnerId, RecordId, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { TASK_FILTER } from "./queue";
import { ListRunsInput } from "./run";
import { ListRunnersInput } from "./runner";
import { ListSessionsInput, ReaderId } from "./session";
import { ListStorageInput } from "./storage";
import { BULK_ACTIONS, BULK_CONFIRMED, BULK_KINDS, BULK_OUTCOMES, BULK_RESULT_SORTS, type BulkVerb } from "./words";

export {
  BULK_CONFIRMED,
  BULK_KINDS,
  BULK_OUTCOMES,
  BULK_UNDO,
  type BulkKind,
  type BulkOutcome,
  type BulkVerb,
} from "./words";

export const BULK_STATES = ["pending", "running", "completed", "aborted"] as const;
/** Maximum number of targets of one bulk action. */
export const BULK_ITEMS_MAX = 100_000;
const BULK_IDS_MAX = 10_000;
const BULK_VERBS = [...new Set(Object.values(BULK_ACTIONS).flat())] as [BulkVerb, ...BulkVerb[]];
/** A hundred years: more than anybody can mean. */
const EXTENSION_MS_MAX = 100 * 365 * 86_400_000;

const PAGED = { cursor: true, limit: true } as const;
export const BulkTaskFilter = z.strictObject(TASK_FILTER);
export type BulkTaskFilter = z.infer<typeof BulkTaskFilter>;
export const BulkRunFilter = ListRunsInput.omit({ ...PAGED, runIds: true });
export type BulkRunFilter = z.infer<typeof BulkRunFilter>;
export const BulkSessionFilter = ListSessionsInput.omit({ ...PAGED, sessionIds: true });
export type BulkSessionFilter = z.infer<typeof BulkSessionFilter>;
export const BulkVolumeFilter = ListStorageInput.omit({ ...PAGED, sort: true });
export type BulkVolumeFilter = z.infer<typeof BulkVolumeFilter>;
export const BulkApprovalFilter = ListApprovalsInput.omit({ ...PAGED, sort: true });
export type BulkApprovalFilter = z.infer<typeof BulkApprovalFilter>;
export const BulkRunnerFilter = ListRunnersInput.omit(PAGED);
export type BulkRunnerFilter = z.infer<typeof BulkRunnerFilter>;

/** The filters that a bulk action accepts: those of each kind's own list. */
export const BULK_FILTERS = {
  task: BulkTaskFilter,
  run: BulkRunFilter,
  session: BulkSessionFilter,
  volume: BulkVolumeFilter,
  approval: BulkApprovalFilter,
  runner: BulkRunnerFilter,
} as const;
/**
 * The first schema that matches decides the kind of filter. So schemas that add a default come after those with the
 * same keys and no default.
 */
const BulkFilter = z.union([
  BulkTaskFilter,
  BulkRunFilter,
  BulkVolumeFilter,
  BulkSessionFilter,
  BulkApprovalFilter,
  BulkRunnerFilter,
]);

const TARGET = {
  tenantId: OwnerId.optional(),
  projectId: OwnerId.optional(),
  kind: z.enum(BULK_KINDS),
  action: z.enum(BULK_VERBS),
  /** The targets: either these ids, or everything that a filter of their list matches. Exactly one must be given. */
  ids: z.array(RecordId).min(1).max(BULK_IDS_MAX).optional(),
  filter: BulkFilter.optional(),
  /** Leaves out records that were created later, so that the action covers only what the caller has looked at. */
  asOf: Instant.optional(),
  /** For `reprioritise`. */
  priority: z.int().min(-2_147_483_648).max(2_147_483_647).optional(),
  /** For `move`. */
  queue: ChosenId.optional(),
  lane: ChosenId.optional(),
  /** For `extend`: counted from the expiry, or from now where the expiry has passed. */
  byMs: z.int().min(1).max(EXTENSION_MS_MAX).optional(),
  /** For `read` and `unread`: whose marks to set. */
  readerId: ReaderId.optional(),
};
type Target = z.infer<z.ZodObject<typeof TARGET>>;

function checkTarget(input: Target, ctx: z.RefinementCtx): void {
  const refuse = (path: string, message: string) => ctx.addIssue({ code: "custom", path: [path], message });
  const { kind, action, filter } = input;
  if (!(BULK_ACTIONS[kind] as readonly BulkVerb[]).includes(action))
    refuse("action", `of a ${kind} it is one of ${BULK_ACTIONS[kind].join(", ")}`);
  if ((input.ids === undefined) === (filter === undefined)) refuse("ids", "say either ids or a filter");
  if (filter !== undefined && Object.keys(filter).length === 0 && input.asOf === undefined)
    refuse("filter", "name at least one condition, or say asOf for all up to then");
  const known = filter === undefined ? undefined : BULK_FILTERS[kind].safeParse(filter);
  for (const issue of known?.error?.issues ?? []) refuse(["filter", ...issue.path].join("."), issue.message);
  const needs = NEEDED[action];
  if (needs !== undefined && input[needs] === undefined) refuse(needs, `is needed to ${action}`);
  if (action === "move" && input.lane === undefined && input.queue === undefined)
    refuse("lane", "a lane or a queue is needed to move");
}

const NEEDED: { [Verb in BulkVerb]?: "priority" | "byMs" | "readerId" } = {
  reprioritise: "priority",
  extend: "byMs",
  read: "readerId",
  unread: "readerId",
};

export const PreviewBulkInput = z.strictObject(TARGET).superRefine(checkTarget);
export type PreviewBulkInput = z.infer<typeof PreviewBulkInput>;
export const CreateBulkInput = z
  .strictObject({
    ...TARGET,
    reason: text(10_000).optional(),
    /**
     * The number of targets that a preview said the action would change. Required for `evict` and `delete`; the
     * action is refused when the number differs.
     */
    confirmCount: Count.optional(),
    /** Sending the same key with the same content again returns the first action. */
    idempotencyKey: IdempotencyKey.optional(),
  })
  .superRefine((input, ctx) => {
    checkTarget(input, ctx);
    if (BULK_CONFIRMED.includes(input.action) && input.confirmCount === undefined)
      ctx.addIssue({ code: "custom", path: ["confirmCount"], message: `is needed to ${input.action}` });
  });
export type CreateBulkInput = z.infer<typeof CreateBulkInput>;

/** What an action is given beside its reason. */
export type BulkParams = Partial<Pick<Target, "priority" | "queue" | "lane" | "byMs" | "readerId">>;

export const BulkItem = z.object({ id: z.string(), title: z.string().nullable(), skip: z.string().nullable() });
export type BulkItem = z.infer<typeof BulkItem>;
export const BulkPreview = z.object({
  /** Everything that matches now (`total`), and how many of these would be left as they are. */
  total: z.number(),
  skipped: z.number(),
  /** Why targets would be left as they are, most frequent reason first. */
  reasons: z.array(z.object({ reason: z.string(), count: z.number() })),
  /** The first targets that the action would change, and the first that it would not, each with the reason. */
  items: z.array(BulkItem),
  /** More targets match than one action may have; `total` is then not the full count. */
  isTooLarge: z.boolean(),
  /** The time of this preview, to send as the action's `asOf`. */
  asOf: z.string(),
});
export type BulkPreview = z.infer<typeof BulkPreview>;

export const BulkAction = z.object({
  id: z.string(),
  kind: z.enum(BULK_KINDS),
  tenantId: z.string().nullable(),
  projectId: z.string().nullable(),
  action: z.enum(BULK_VERBS),
  /** null: the targets were given by ids, or are the results of another action. */
  filter: z.record(z.string(), z.unknown()).nullable(),
  params: z.object({
    priority: z.number().optional(),
    queue: z.string().optional(),
    lane: z.string().optional(),
    byMs: z.number().optional(),
    readerId: z.string().optional(),
  }),
  reason: z.string().nullable(),
  /** The action that this one undoes, or whose refused targets it tries again. */
  sourceId: z.string().nullable(),
  state: z.enum(BULK_STATES),
  /** How many targets matched (`total`), and how many of these are done. */
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
export const ListBulkInput = z.strictObject({
  kind: z.enum(BULK_KINDS).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListBulkInput = z.infer<typeof ListBulkInput>;
export const ListBulkResultsInput = z.strictObject({
  bulkId: RecordId,
  /** Defaults to every target that has an outcome. */
  outcome: z.enum(BULK_RESULT_SORTS).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListBulkResultsInput = z.infer<typeof ListBulkResultsInput>;
export const BulkResult = z.object({
  targetId: z.string(),
  /** The title that its list shows now; null where it has no title or no longer exists. */
  title: z.string().nullable(),
  /** null: not dealt with yet. */
  outcome: z.enum(BULK_OUTCOMES).nullable(),
  message: z.string().nullable(),
  /** The id of what was made, such as the new run of a retry. */
  madeId: z.string().nullable(),
});
export type BulkResult = z.infer<typeof BulkResult>;
export const BulkResultPage = pageOf(BulkResult);

export const BulkOutcomes = z.object({
  /** Why targets were refused or left as they were, most frequent first. Messages leave out the target's own id. */
  reasons: z.array(z.object({ outcome: z.enum(BULK_OUTCOMES), message: z.string(), count: z.number() })),
  /** Whether there are more reasons than these. */
  hasMore: z.boolean(),
  /** The action that tried the refused targets again (`retriedById`), and the one that undid this action. */
  retriedById: z.string().nullable(),
  undoneById: z.string().nullable(),
  /** Until when the action and its results are kept; null while it is in progress. */
  keptUntil: z.string().nullable(),
});
export type BulkOutcomes = z.infer<typeof BulkOutcomes>;
