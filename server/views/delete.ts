import { eq } from "drizzle-orm";
import type { DeleteViewInput, View } from "@/contract/view";
import { savedViews } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { lockOwnView, toView } from "./view";

/** Deletes a view, and returns what it was, so that it can be created again. */
export function deleteView(ctx: ServiceContext, input: DeleteViewInput): Promise<View> {
  return inTx(ctx, async (ctx) => {
    const view = await lockOwnView(ctx, input);
    await ctx.db.delete(savedViews).where(eq(savedViews.id, view.id));
    const { page, name, query, isShared } = view;
    await audit(ctx, {
      action: "views.delete",
      targetKind: "view",
      targetId: view.id,
      tenantId: view.tenantId,
      details: { page, name, query, isShared },
    });
    return toView(ctx, view);
  });
}
