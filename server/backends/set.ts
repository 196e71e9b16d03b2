import { sql } from "drizzle-orm";
import type { Backend, SetBackendInput } from "@/contract/backend";
import { lockDispatch } from "@/db/queries/queue-dispatch";
import { backends } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { clearLimit } from "./limits";
import { listBackends } from "./list";
import { requireProfile } from "./require-profile";

/** Sets how many queue tasks of a profile run at once, or that its provider takes work again. What runs goes on. */
export async function setBackend(ctx: ServiceContext, input: SetBackendInput): Promise<Backend> {
  const { profile, maxRunning, isUp } = input;
  await inTx(ctx, async (ctx) => {
    await requireProfile(ctx, profile);
    // No dispatch goes by the old limit once this has answered.
    await lockDispatch(ctx.db);
    if (maxRunning !== undefined) await storeLimit(ctx.db, profile, maxRunning);
    if (isUp) await clearLimit(ctx.db, profile);
    await audit(ctx, {
      action: "backends.set",
      targetKind: "backend",
      targetId: profile,
      details: { maxRunning, isUp },
    });
    ctx.wake("queue");
  });
  const { items } = await listBackends(ctx);
  const backend = items.find((item) => item.profile === profile);
  if (!backend) throw new NotFoundError("backend profile", profile);
  return backend;
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
