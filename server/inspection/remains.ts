import { eq, sql } from "drizzle-orm";
import { type AttemptRemainsRow, attemptRemains, runnerJobs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { redactJson } from "@/server/events";
import type { AttemptRemains } from "@/server/executors";

/** The maximum of UTF-16 units that are kept of a log, from its end. */
const LOG_UNITS_MAX = 48 * 1024;

/**
 * Stores what was left of a run's attempt, redacted. A later report about the same attempt replaces it, unless it has
 * fewer logs because the pod is gone.
 */
export async function storeRemains(ctx: ServiceContext, remains: AttemptRemains): Promise<void> {
  const { attemptId } = remains;
  const [job] = await ctx.db
    .select({ runId: runnerJobs.runId })
    .from(runnerJobs)
    .where(eq(runnerJobs.attemptId, attemptId))
    .limit(1);
  // The attempt is an archiver's, or its run was removed meanwhile.
  if (!job) return;
  const details = redactJson(remains.details);
  const logs = redactJson(remains.logs.map(truncateLog));
  const columns = { details, logs, keptAt: sql`clock_timestamp()` };
  const hasAsManyLogs = sql`jsonb_array_length(${attemptRemains.logs}) <= ${logs.length}`;
  await ctx.db
    .insert(attemptRemains)
    .values({ attemptId, runId: job.runId, ...columns })
    .onConflictDoUpdate({ target: attemptRemains.attemptId, set: columns, setWhere: hasAsManyLogs });
}

function truncateLog(log: AttemptRemains["logs"][number]): AttemptRemains["logs"][number] {
  let units = 0;
  const from = log.lines.findLastIndex(({ text }) => {
    units += text.length;
    return units > LOG_UNITS_MAX;
  });
  return from === -1 ? log : { ...log, lines: log.lines.slice(from + 1), isCut: true };
}

export async function findRemains(ctx: ServiceContext, attemptId: string): Promise<AttemptRemainsRow | null> {
  const [found] = await ctx.db.select().from(attemptRemains).where(eq(attemptRemains.attemptId, attemptId));
  return found ?? null;
}
