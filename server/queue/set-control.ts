import { and, eq, sql } from "drizzle-orm";
import {
  ALL_TENANTS,
  type ControlPlaceInput,
  type ControlState,
  type QueueControl,
  type SetControlInput,
  WHOLE_QUEUE,
} from "@/contract/queue-control";
import { lockDispatch } from "@/db/queries/queue/dispatch";
import { type QueueControlRow, queueControls } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantFor } from "@/server/context";
import { ConflictError, InvalidInputError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { toControl } from "./control";

/**
 * Sets what a queue or lane may run and start, or whether it runs at all. Takes the dispatch lock, so that no dispatch
 * uses the old limits once this has returned. Running tasks continue.
 */
export function setControl(ctx: ServiceContext, input: SetControlInput): Promise<QueueControl> {
  const { queue, lane = WHOLE_QUEUE, expectedVersion } = input;
  // Without a tenant, an administrator's control applies to all tenants.
  const tenantId = tenantFor(ctx, input.tenantId) ?? ALL_TENANTS;
  if (lane !== WHOLE_QUEUE && input.keyMaxRunning !== undefined)
    throw new InvalidInputError("keyMaxRunning: is a queue's own, not a lane's");
  return inTx(ctx, async (ctx) => {
    await lockDispatch(ctx.db);
    const current = await readControl(ctx, { tenantId, queue, lane });
    if (expectedVersion !== undefined && expectedVersion !== (current?.version ?? 0))
      throw new ConflictError("version-conflict", `queue ${queue} was changed meanwhile: look again`, {
        current: current === undefined ? null : toControl(current),
      });
    const change = changeOf(input);
    const version = (current?.version ?? 0) + 1;
    const values = { ...change, version, updatedAt: sql`clock_timestamp()`, updatedBy: actorName(ctx.actor) };
    const [row] = await ctx.db
      .insert(queueControls)
      .values({ tenantId, queue, lane, ...values })
      .onConflictDoUpdate({ target: [queueControls.tenantId, queueControls.queue, queueControls.lane], set: values })
      .returning();
    if (!row) throw new Error(`the control of queue ${queue} was not stored`);
    await audit(ctx, {
      action: "queue.setControl",
      targetKind: "queue",
      targetId: lane === WHOLE_QUEUE ? queue : `${queue}/${lane}`,
      tenantId: tenantId === ALL_TENANTS ? null : tenantId,
      details: change,
    });
    ctx.wake("queue");
    return toControl(row);
  });
}

/** Pauses, resumes or drains a queue or lane: changes its state alone. */
export function setControlState(
  ctx: ServiceContext,
  { reason = null, ...place }: Omit<ControlPlaceInput, "reason"> & { reason?: string | null },
  state: ControlState,
): Promise<QueueControl> {
  return setControl(ctx, { ...place, state, reason });
}

async function readControl(
  ctx: TxContext,
  place: Pick<QueueControlRow, "tenantId" | "queue" | "lane">,
): Promise<QueueControlRow | undefined> {
  const [current] = await ctx.db
    .select()
    .from(queueControls)
    .where(
      and(
        eq(queueControls.tenantId, place.tenantId),
        eq(queueControls.queue, place.queue),
        eq(queueControls.lane, place.lane),
      ),
    );
  return current;
}

/** Returns the given fields and leaves out those that are not given. */
function changeOf({ maxRunning, keyMaxRunning, weight, state, reason, ...rate }: SetControlInput) {
  const { startsMax, startsWindowSeconds } = rate;
  return {
    ...(maxRunning === undefined ? {} : { maxRunning }),
    ...(keyMaxRunning === undefined ? {} : { keyMaxRunning }),
    ...(weight === undefined ? {} : { weight }),
    ...(startsMax === undefined ? {} : { startsMax, startsWindowSeconds }),
    ...(state === undefined ? {} : { state }),
    ...(reason === undefined ? {} : { reason: redactMessage(reason) }),
  };
}
