import { and, count } from "drizzle-orm";
import type { CreateViewInput, View } from "@/contract/view";
import { VIEWS_MAX } from "@/contract/words";
import { isUniqueViolation } from "@/db/errors";
import { lockOwnerKey } from "@/db/queries/advisory-lock";
import { savedViews } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import { inTx, type ServiceContext, tenantOf } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { newId } from "@/server/ids";
import { assertMayShare, canonicalQuery, isOfTenant, isOwn, nameTaken, toView } from "./view";

/** Saves a list's query under a name, for the caller alone or for its whole tenant. */
export async function createView(ctx: ServiceContext, input: CreateViewInput): Promise<View> {
  const { page, name, isShared } = input;
  if (isShared) assertMayShare(ctx);
  const query = canonicalQuery(page, input.query);
  const tenantId = tenantOf(ctx);
  const owner = actorName(ctx.actor);
  try {
    return await inTx(ctx, async (ctx) => {
      // The lock makes two concurrent calls count one after the other.
      await lockOwnerKey(ctx.db, `views ${tenantId ?? ""} ${owner}`);
      const [own] = await ctx.db
        .select({ views: count() })
        .from(savedViews)
        .where(and(isOfTenant(ctx), isOwn(ctx)));
      if ((own?.views ?? 0) >= VIEWS_MAX)
        throw new ConflictError("limit-reached", `${VIEWS_MAX} views are the most: delete one first`, {
          max: VIEWS_MAX,
        });
      const [view] = await ctx.db
        .insert(savedViews)
        .values({ id: newId("view"), tenantId, owner, page, name, query, isShared })
        .returning();
      if (view === undefined) throw new Error("the view was not stored");
      await audit(ctx, {
        action: "views.create",
        targetKind: "view",
        targetId: view.id,
        tenantId,
        details: { page, name, query, isShared },
      });
      return toView(ctx, view);
    });
  } catch (error) {
    if (!isUniqueViolation(error, "agentrun_saved_views_name_idx")) throw error;
    throw nameTaken(name);
  }
}
