import { sql } from "drizzle-orm";
import type { Backend, SetBackendInput } from "@/contract/backend";
import { lockDispatch } from "@/db/queries/queue/dispatch";
import { backends } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import { assertEveryTenant, inTx, type ServiceContext } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { clearLimit } from "./limits";
import { allBackends } from "./list";
import { requireProfile } from "./require-profile";

/**
 * Sets how many tasks of a profile run at once, clears its provider's limit, or switches the profile on or off for new
 * work. Running work continues.
 */
export async function setBackend(ctx: ServiceContext, input: SetBackendInput): Promise<Backend> {
  // A profile belongs to all tenants.
  assertEveryTenant(ctx);
  const { profile, maxRunning, isUp, isEnabled, reason } = input;
  if (reason !== undefined && isEnabled !== false)
    throw new InvalidInputError("reason: it is told to those who wait for a profile that is switched off");
  await inTx(ctx, async (ctx) => {
    await requireProfile(ctx, profile);
    // No dispatch uses the old limit once this has returned.
    await lockDispatch(ctx.db);
    if (maxRunning !== undefined) await storeLimit(ctx.db, profile, maxRunning);
    if (isUp) await clearLimit(ctx.db, profile);
    if (isEnabled !== undefined) await storeSwitch(ctx, profile, { isEnabled, reason: redactMessage(reason) ?? null });
    await audit(ctx, {
      action: "backends.set",
      targetKind: "backend",
      targetId: profile,
      details: { maxRunning, isUp, isEnabled, reason: redactMessage(reason) },
    });
    ctx.wake("queue");
  });
  const [backend] = await allBackends(ctx, profile);
  if (!backend) throw new NotFoundError("backend profile", profile);
  return backend;
}

async function storeSwitch(
  ctx: ServiceContext,
  profile: string,
  { isEnabled, reason }: { isEnabled: boolean; reason: string | null },
): Promise<void> {
  const disabled = isEnabled
    ? { disabledAt: null, disabledBy: null, disabledReason: null }
    : { disabledAt: sql`clock_timestamp()`, disabledBy: actorName(ctx.actor), disabledReason: reason };
  await ctx.db
    .insert(backends)
    .values({ profile, capabilities: {}, capacity: {}, health: {}, ...disabled })
    .onConflictDoUpdate({ target: backends.profile, set: { ...disabled, updatedAt: sql`clock_timestamp()` } });
}

async function storeLimit(db: ServiceContext["db"], profile: string, maxRunning: number | null): Promise<void> {
  const capacity = JSON.stringify({ maxRunning });
  await db
    .insert(backends)
    .values({ profile, capabilities: {}, capacity: sql`${capacity}::jsonb`, health: {} })
    .onConflictDoUpdate({
      target: backends.profile,
      set: { capacity: sql`${backends.capacity} || excluded.capacity`, updatedAt: sql`clock_timestamp()` },
    });
}
