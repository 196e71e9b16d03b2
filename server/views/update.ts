import { eq, sql } from "drizzle-orm";
import type { UpdateViewInput, View } from "@/contract/view";
import { isUniqueViolation } from "@/db/errors";
import { savedViews } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { assertMayShare, canonicalQuery, lockOwnView, nameTaken, toView } from "./view";

/** Changes a view's name, query or audience. If nothing would change, the view stays as it is. */
export async function updateView(ctx: ServiceContext, input: UpdateViewInput): Promise<View> {
  try {
    return await inTx(ctx, async (ctx) => {
      const before = await lockOwnView(ctx, input);
      const { name = before.name, isShared = before.isShared } = input;
      const query = input.query === undefined ? before.query : canonicalQuery(before.page, input.query);
      if (isShared && !before.isShared) assertMayShare(ctx);
      const after = { name, query, isShared };
      const changed = Object.entries(after).filter(([field, value]) => before[field as keyof typeof after] !== value);
      if (changed.length === 0) return toView(ctx, before);
      const [view] = await ctx.db
        .update(savedViews)
        .set({ ...after, version: before.version + 1, updatedAt: sql`clock_timestamp()` })
        .where(eq(savedViews.id, before.id))
        .returning();
      if (view === undefined) throw new Error("the view was not stored");
      await audit(ctx, {
        action: "views.update",
        targetKind: "view",
        targetId: view.id,
        tenantId: view.tenantId,
        details: { page: view.page, was: before.name, ...Object.fromEntries(changed) },
      });
      return toView(ctx, view);
    });
  } catch (error) {
    if (!isUniqueViolation(error, "agentrun_saved_views_name_idx")) throw error;
    throw nameTaken(input.name ?? input.viewId);
  }
}
