import { z } from "zod";
import { ListApprovalsInput } from "./approval";
import { ChosenId, Count, IdempotencyKey, Instant, OwnerId, RecordId, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { TASK_FILTER } from "./queue";
import { ListRunsInput } from "./run";
import { ListRunnersInput } from "./runner";
import { ListSessionsInput, ReaderId } from "./session";
import { ListStorageInput } from "./storage";
import { BULK_ACTIONS, BULK_KINDS, BULK_OUTCOMES, BULK_RESULT_SORTS, type BulkVerb } from "./words";

export { BULK_KINDS, BULK_OUTCOMES, BULK_UNDO, type BulkKind, type BulkOutcome, type BulkVerb } from "./words";

export const BULK_STATES = ["pending", "running", "completed", "aborted"] as const;
/** What one bulk action may be about, at most. */
export const BULK_ITEMS_MAX = 100_000;
const BULK_IDS_MAX = 10_000;
const BULK_VERBS = [...new Set(Object.values(BULK_ACTIONS).flat())] as [BulkVerb, ...BulkVerb[]];
/** A hundred years: nothing that somebody means. */
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

/** What each list's own filter may say. */
export const BULK_FILTERS = {
  task: BulkTaskFilter,
  run: BulkRunFilter,
  session: BulkSessionFilter,
  volume: BulkVolumeFilter,
  approval: BulkApprovalFilter,
  runner: BulkRunnerFilter,
} as const;
/** The first that fits says what it is: those that add a default come after those that share their keys and add none. */
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
  /** Which: these, or all that a filter of their list matches; one of the two. */
  ids: z.array(RecordId).min(1).max(BULK_IDS_MAX).optional(),
  filter: BulkFilter.optional(),
  /** Leaves out what was created later, so that what was looked at is what is dealt with. */
  asOf: Instant.optional(),
  /** Of `reprioritise`. */
  priority: z.int().min(-2_147_483_648).max(2_147_483_647).optional(),
  /** Of `move`. */
  queue: ChosenId.optional(),
  lane: ChosenId.optional(),
  /** Of `extend`: from its expiry, or from now where that is over. */
  byMs: z.int().min(1).max(EXTENSION_MS_MAX).optional(),
  /** Of `read` and `unread`: whose marks. */
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
    /** How many it is to do something to, as a preview told; needed to `evict`, and refused where it is not so. */
    confirmCount: Count.optional(),
    /** The same key with the same content answers the first action. */
    idempotencyKey: IdempotencyKey.optional(),
  })
  .superRefine((input, ctx) => {
    checkTarget(input, ctx);
    if (input.action === "evict" && input.confirmCount === undefined)
      ctx.addIssue({ code: "custom", path: ["confirmCount"], message: "is needed to evict" });
  });
export type CreateBulkInput = z.infer<typeof CreateBulkInput>;

/** What an action is told beside its reason. */
export type BulkParams = Partial<Pick<Target, "priority" | "queue" | "lane" | "byMs" | "readerId">>;

export const BulkItem = z.object({ id: z.string(), title: z.string().nullable(), skip: z.string().nullable() });
export type BulkItem = z.infer<typeof BulkItem>;
export const BulkPreview = z.object({
  /** All that match now, of which so many would be left as they are. */
  total: z.number(),
  skipped: z.number(),
  /** Why, the most frequent first. */
  reasons: z.array(z.object({ reason: z.string(), count: z.number() })),
  /** The first of those that it would do something to, and the first of the others, each with why. */
  items: z.array(BulkItem),
  /** More match than one action may be about: `total` is no count then. */
  isTooLarge: z.boolean(),
  /** When this was true, to send along. */
  asOf: z.string(),
});
export type BulkPreview = z.infer<typeof BulkPreview>;

export const BulkAction = z.object({
  id: z.string(),
  kind: z.enum(BULK_KINDS),
  tenantId: z.string().nullable(),
  projectId: z.string().nullable(),
  action: z.enum(BULK_VERBS),
  /** null: by ids, or what became of another action. */
  filter: z.record(z.string(), z.unknown()).nullable(),
  params: z.object({
    priority: z.number().optional(),
    queue: z.string().optional(),
    lane: z.string().optional(),
    byMs: z.number().optional(),
    readerId: z.string().optional(),
  }),
  reason: z.string().nullable(),
  /** The action that it takes back, or tries again what was refused of. */
  sourceId: z.string().nullable(),
  state: z.enum(BULK_STATES),
  /** How many matched, of which so many are dealt with. */
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
  /** All that are dealt with, unless told. */
  outcome: z.enum(BULK_RESULT_SORTS).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListBulkResultsInput = z.infer<typeof ListBulkResultsInput>;
export const BulkResult = z.object({
  targetId: z.string(),
  /** As its list shows it now; null where it has no title, or is gone. */
  title: z.string().nullable(),
  /** null: it is not dealt with. */
  outcome: z.enum(BULK_OUTCOMES).nullable(),
  message: z.string().nullable(),
  /** What was made of it, such as the new run of a retry. */
  madeId: z.string().nullable(),
});
export type BulkResult = z.infer<typeof BulkResult>;
export const BulkResultPage = pageOf(BulkResult);

export const BulkOutcomes = z.object({
  /** Why targets were refused or left as they were, the most frequent first; each is told without its own id. */
  reasons: z.array(z.object({ outcome: z.enum(BULK_OUTCOMES), message: z.string(), count: z.number() })),
  /** Whether there are more reasons than these. */
  hasMore: z.boolean(),
  /** The actions that tried again what was refused, and that took it back. */
  retriedById: z.string().nullable(),
  undoneById: z.string().nullable(),
  /** Until when all of this is kept; null while it is under way. */
  keptUntil: z.string().nullable(),
});
export type BulkOutcomes = z.infer<typeof BulkOutcomes>;
