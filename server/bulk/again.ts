import { eq } from "drizzle-orm";
import {
  BULK_CONFIRMED,
  BULK_UNDO,
  type BulkAction,
  type BulkOutcome,
  type BulkVerb,
  type GetBulkInput,
} from "@/contract/bulk";
import { type NewBulk, takeResults } from "@/db/queries/bulk";
import { type BulkActionRow, bulkActions } from "@/db/schema";
import { actorName } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { payloadHash } from "@/server/idempotency";
import { newId } from "@/server/ids";
import { endOpen } from "./abort";
import { assertFewOpen, findByKey, record, requireByKey } from "./create";
import { requireBulk, toBulk } from "./get";
import { assertMayAct } from "./rights";

/** Retries the refused targets of a bulk action that has ended. Asking twice makes one action. */
export async function retryBulk(ctx: ServiceContext, { bulkId }: GetBulkInput): Promise<BulkAction> {
  const source = await requireBulk(ctx, bulkId);
  if (source.endedAt === null)
    throw new ConflictError("command-waiting", `bulk action ${bulkId} is under way: wait for its end, or abort it`);
  // The refused targets were not among those that the person confirmed.
  if (BULK_CONFIRMED.includes(source.action))
    throw new ConflictError(
      "confirmation-mismatch",
      `to ${source.action} is confirmed anew: make another action of what was refused`,
    );
  return follow(ctx, source, { word: "retry", action: source.action, outcome: "refused" });
}

/** Undoes what a bulk action did, and aborts it if it is under way. Asking twice makes one action. */
export async function undoBulk(ctx: ServiceContext, { bulkId }: GetBulkInput): Promise<BulkAction> {
  const source = await requireBulk(ctx, bulkId);
  const action = BULK_UNDO[source.action];
  if (action === undefined) throw new ConflictError("already-terminal", `to ${source.action} cannot be taken back`);
  return follow(ctx, source, { word: "undo", action, outcome: "done" });
}

type FollowWord = "retry" | "undo";

/** The idempotency key of a follow-up, so that there is only one however often it is asked for. */
export const followKey = (word: FollowWord, bulkId: string): string => `${word}:${bulkId}`;

type Follow = { word: FollowWord; action: BulkVerb; outcome: BulkOutcome };

async function follow(ctx: ServiceContext, source: BulkActionRow, { word, action, outcome }: Follow) {
  const { kind, tenantId, projectId, params, reason, createdBy } = source;
  assertMayAct(ctx.actor, { kind, action, createdBy });
  const idempotencyKey = followKey(word, source.id);
  const bulk: NewBulk = {
    ...{ id: newId("bulk"), kind, tenantId, projectId, action, filter: null, params, reason },
    ...{
      sourceId: source.id,
      createdBy: actorName(ctx.actor),
      idempotencyKey,
      payloadHash: payloadHash({ idempotencyKey }),
    },
  };
  const created = await inTx(ctx, async (ctx) => {
    const existing = await findByKey(ctx, bulk);
    if (existing) return existing;
    await assertFewOpen(ctx, bulk);
    // Waits for the target that is being handled; after that none is.
    await endOpen(ctx, eq(bulkActions.id, source.id));
    const isMade = await takeResults(ctx.db, bulk, { bulkId: source.id, outcome });
    return isMade ? record(ctx, bulk) : requireByKey(ctx, bulk);
  });
  return toBulk(created);
}
