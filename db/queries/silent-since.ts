import { type SQL, sql } from "drizzle-orm";
import { sessions } from "@/db/schema";

/**
 * Since when a session's turn has said nothing, in milliseconds, where that is longer than `afterMs`; null where it has
 * said something since, waits for a runner or an answer, or nothing is under way. Its run is looked up by the session,
 * and only for one that has been quiet for so long.
 */
export function silentSince(afterMs: number): SQL<number | null> {
  const before = sql`now() - ${afterMs} * interval '1 millisecond'`;
  return sql<number | null>`(case when ${sessions.executionState} = 'running' and ${sessions.pendingApprovals} = 0
    and ${sessions.lastActivityAt} < ${before} then (
      select (extract(epoch from greatest(${sessions.lastActivityAt}, command.acknowledged_at)) * 1000)::float8
      from agentrun_runs run cross join lateral (
        select command.acknowledged_at from agentrun_commands command
        where command.run_id = run.id and command.type = 'turn' and command.state = 'acknowledged'
        order by command.seq desc limit 1) command
      where run.session_id = ${sessions.sessionId} and run.status = 'claimed' and run.lease_state = 'held'
        and command.acknowledged_at < ${before}
      limit 1) end)`;
}
