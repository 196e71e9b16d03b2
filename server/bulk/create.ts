import { and, eq, isNull, sql } from "drizzle-orm";
import {
  BULK_FILTERS,
  BULK_ITEMS_MAX,
  type BulkAction,
  type BulkParams,
  type CreateBulkInput,
  type PreviewBulkInput,
} from "@/contract/bulk";
import { type BulkSource, type NewBulk, takeMatching } from "@/db/queries/bulk";
import { type BulkActionRow, bulkActions } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantFor } from "@/server/context";
import { ConflictError, IdempotencyConflictError, RateLimitedError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { payloadHash } from "@/server/idempotency";
import { newId } from "@/server/ids";
import { toBulk } from "./get";
import { KINDS } from "./kinds";
import { assertMayAct } from "./rights";

/**
 * Creates a bulk action on the targets that match now, whatever matches later. Returns before any target is handled.
 * The same key with the same content returns the first action.
 */
export async function createBulk(ctx: ServiceContext, input: CreateBulkInput): Promise<BulkAction> {
  assertMayAct(ctx.actor, input);
  const bulk = newBulk(ctx, input);
  const source = sourceOf(ctx, input);
  const make = async (ctx: TxContext) => {
    const existing = await findByKey(ctx, bulk);
    if (existing) return existing;
    await assertFewOpen(ctx, bulk);
    const { confirmCount } = input;
    const matching = await takeMatching(ctx.db, bulk, {
      source,
      max: BULK_ITEMS_MAX,
      isJudged: confirmCount !== undefined,
    });
    if (matching.total > BULK_ITEMS_MAX)
      throw new ConflictError("bulk-too-large", `more than ${BULK_ITEMS_MAX} match: narrow the filter`, {
        max: BULK_ITEMS_MAX,
      });
    // Somebody stored the same key between the read and the insert. Their row is committed, because the insert waited
    // for it.
    if (!matching.isMade) return requireByKey(ctx, bulk);
    if (confirmCount !== undefined && matching.willDo !== confirmCount)
      throw new ConflictError("confirmation-mismatch", `it would be done to ${matching.willDo} now: look again`, {
        count: matching.willDo,
      });
    return record(ctx, bulk, matching.total);
  };
  return toBulk(await inTx(ctx, make, { keepsPlans: false }));
}

/** Bulk actions of one tenant that may be under way at once: each has a row for every target. */
const OPEN_MAX = 50;
const OPEN_RETRY_SECONDS = 5;

/**
 * Actions that begin at the same moment may exceed the limit by their number: it bounds storage and protects nothing
 * else.
 */
export async function assertFewOpen(ctx: TxContext, { tenantId }: Pick<NewBulk, "tenantId">): Promise<void> {
  const open = await ctx.db.$count(
    bulkActions,
    and(isNull(bulkActions.endedAt), sql`${bulkActions.tenantId} is not distinct from ${tenantId}`),
  );
  if (open < OPEN_MAX) return;
  throw new RateLimitedError(
    `${OPEN_MAX} bulk actions are under way already: wait for some to end, or abort them`,
    OPEN_RETRY_SECONDS,
    { max: OPEN_MAX },
  );
}

/** Returns what a filter or ids select, with the reasons for skipping targets. */
export function sourceOf(ctx: ServiceContext, input: PreviewBulkInput): BulkSource {
  const { kind, action } = input;
  return { ...KINDS[kind].source(ctx, input), skip: KINDS[kind].skip(ctx, { action, params: paramsOf(input) }) };
}

function paramsOf({ action, priority, queue, lane, byMs, readerId }: PreviewBulkInput): BulkParams {
  switch (action) {
    case "reprioritise":
      return { priority };
    case "move":
      return { queue, lane };
    case "extend":
      return { byMs };
    case "read":
    case "unread":
      return { readerId };
    default:
      return {};
  }
}

function newBulk(ctx: ServiceContext, input: CreateBulkInput): NewBulk {
  const { kind, action, projectId = null, idempotencyKey = null, confirmCount: _confirmCount, ...content } = input;
  return {
    ...{ id: newId("bulk"), kind, action, projectId, tenantId: tenantFor(ctx, input.tenantId) },
    filter: input.filter === undefined ? null : { ...BULK_FILTERS[kind].parse(input.filter) },
    params: paramsOf(input),
    reason: redactMessage(input.reason) ?? null,
    sourceId: null,
    createdBy: actorName(ctx.actor),
    idempotencyKey,
    payloadHash: payloadHash({ kind, action, projectId, ...content }),
  };
}

/** Finds what a key has made before; null: nothing. Throws when the key was used for other content. */
export async function findByKey(ctx: TxContext, bulk: NewBulk): Promise<BulkActionRow | null> {
  if (bulk.idempotencyKey === null) return null;
  const [existing] = await ctx.db
    .select()
    .from(bulkActions)
    .where(
      and(
        sql`coalesce(${bulkActions.tenantId}, '') = ${bulk.tenantId ?? ""}`,
        eq(bulkActions.idempotencyKey, bulk.idempotencyKey),
      ),
    );
  if (!existing) return null;
  if (existing.payloadHash !== bulk.payloadHash) throw new IdempotencyConflictError(bulk.idempotencyKey);
  return existing;
}

export async function requireByKey(ctx: TxContext, bulk: NewBulk): Promise<BulkActionRow> {
  const concurrent = await findByKey(ctx, bulk);
  if (!concurrent) throw new Error(`bulk action ${bulk.id} met a conflict without a key`);
  return concurrent;
}

/** Audits who began the action. What is done to each target leaves its own audit row later. */
export async function record(ctx: TxContext, bulk: NewBulk, total?: number): Promise<BulkActionRow> {
  const { id, tenantId, kind, action, filter, params, reason, sourceId } = bulk;
  await audit(ctx, {
    action: "bulk.create",
    targetKind: "bulk",
    targetId: id,
    tenantId,
    details: { kind, action, filter, ...params, reason, sourceId, total },
  });
  ctx.wake("bulk");
  const [row] = await ctx.db.select().from(bulkActions).where(eq(bulkActions.id, id));
  if (!row) throw new Error(`bulk action ${id} was not stored`);
  return row;
}
