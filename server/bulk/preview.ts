import { BULK_ITEMS_MAX, type BulkPreview, type PreviewBulkInput } from "@/contract/bulk";
import { previewMatching } from "@/db/queries/bulk";
import { inTx, type ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";
import { sourceOf } from "./create";
import { assertMayAct } from "./rights";

/** How many targets are shown of each kind: those that would be changed, and those that would be skipped. */
const SHOWN = 50;

/** Returns the targets that an action would have now, and those that it would skip and why. Changes nothing. */
export async function previewBulk(ctx: ServiceContext, input: PreviewBulkInput): Promise<BulkPreview> {
  assertMayAct(ctx.actor, input);
  const source = sourceOf(ctx, input);
  const { now, ...preview } = await inTx(ctx, (ctx) =>
    previewMatching(ctx.db, source, { max: BULK_ITEMS_MAX, shown: SHOWN }),
  );
  const asOf = input.asOf ?? iso(new Date(now));
  return { ...preview, isTooLarge: preview.total > BULK_ITEMS_MAX, asOf };
}
