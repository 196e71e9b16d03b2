import { count, inArray } from "drizzle-orm";
import type { Db } from "@/db/client";
import { runs } from "@/db/schema";

const OPEN = ["pending", "claimed"] as const;

/** Counts open runs by status. Ended ones are not counted, because their number has no bound. */
export async function readOpenRuns(db: Db): Promise<Record<(typeof OPEN)[number], number>> {
  const rows = await db
    .select({ status: runs.status, total: count() })
    .from(runs)
    .where(inArray(runs.status, [...OPEN]))
    .groupBy(runs.status);
  const counts = { pending: 0, claimed: 0 };
  for (const { status, total } of rows) if (status === "pending" || status === "claimed") counts[status] = total;
  return counts;
}
