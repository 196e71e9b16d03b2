import { isNull } from "drizzle-orm";
import type { Db } from "@/db/client";
import { orphanJobs } from "@/db/schema";

/** Counts runners that belong to no live attempt and are not ended yet. */
export function readOrphanJobs(db: Db): Promise<number> {
  return db.$count(orphanJobs, isNull(orphanJobs.endedAt));
}
