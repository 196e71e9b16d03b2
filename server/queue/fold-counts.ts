import { foldTaskCounts } from "@/db/queries/queue-counts";
import { inTx, type ServiceContext } from "@/server/context";

/** Changes that one transaction folds. */
const FOLD_MAX = 5_000;
const BATCHES_MAX = 100;

/** Adds what changed to the counts, so that reading them stays cheap. Answers how many changes were folded. */
export async function foldCounts(ctx: ServiceContext): Promise<number> {
  let folded = 0;
  for (let batches = 0; batches < BATCHES_MAX; batches += 1) {
    const count = await inTx(ctx, (ctx) => foldTaskCounts(ctx.db, FOLD_MAX));
    folded += count;
    if (count < FOLD_MAX) break;
  }
  return folded;
}
