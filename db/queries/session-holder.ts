import { and, eq, exists, inArray, ne, or } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { type RunRow, runnerJobs, runs } from "@/db/schema";

/** A run and its session. */
type RunRef = { id: RunRow["id"] | null; sessionId: RunRow["sessionId"] };

/**
 * Returns another run of the session that is leased or has a runner, for whose end this run must wait; null when there
 * is none. Without a run id, any run that holds the session.
 */
export async function findSessionHolder(db: Db | Tx, run: RunRef): Promise<string | null> {
  if (run.sessionId === null) return null;
  const [holder] = await db
    .select({ id: runs.id })
    .from(runs)
    .where(
      and(
        eq(runs.sessionId, run.sessionId),
        run.id === null ? undefined : ne(runs.id, run.id),
        or(
          eq(runs.status, "claimed"),
          exists(
            db
              .select({ id: runnerJobs.id })
              .from(runnerJobs)
              .where(and(eq(runnerJobs.runId, runs.id), inArray(runnerJobs.state, ["launching", "running"]))),
          ),
        ),
      ),
    )
    .limit(1);
  return holder?.id ?? null;
}
