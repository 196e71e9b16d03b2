import { sql } from "drizzle-orm";
import { volumeSizes } from "@/db/schema";
import type { TxContext } from "@/server/context";

type Size = { sizeBytes: number; filesCount: number };

/** Stores what a volume holds now, so that its growth can be shown. Within one second the last figure stays. */
export async function noteSize(ctx: TxContext, sessionId: string, size: Size): Promise<void> {
  await ctx.db
    .insert(volumeSizes)
    .values({ sessionId, measuredAt: sql`date_trunc('second', clock_timestamp())`, ...size })
    .onConflictDoUpdate({ target: [volumeSizes.sessionId, volumeSizes.measuredAt], set: size });
}
