import type { ServiceContext } from "@/server/context";
import { purgeDeleted, retireExpired } from "@/server/retention";

/** One tick of the retention loop: removes what deleted and long-expired sessions left, in bounded batches. */
export async function retentionTick(ctx: ServiceContext): Promise<void> {
  const { emptied, removed, failed } = await purgeDeleted(ctx);
  const retired = await retireExpired(ctx);
  if (emptied.length + removed.length + failed.length + retired.length === 0) return;
  ctx.log.info({ emptied, removed, failed, retired }, "retention");
}
