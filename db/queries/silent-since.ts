import { type SQL, sql } from "drizzle-orm";
import { sessions } from "@/db/schema";

/** The turn that a run works on, and when its agent took it. */
const LAST_TURN = sql`cross join lateral (
  select command.acknowledged_at from agentrun_commands command
  where command.run_id = run.id and command.type = 'turn' and command.state = 'acknowledged'
  order by command.seq desc limit 1) turn`;
const IS_HELD = sql`run.status = 'claimed' and run.lease_state = 'held'`;

const before = (afterMs: number) => sql`now() - ${sql.raw(String(afterMs))} * interval '1 millisecond'`;
const inMs = (at: SQL) => sql<number>`(extract(epoch from ${at}) * 1000)::float8`;

const LAST_HEARD = sql`greatest(session.last_activity_at, turn.acknowledged_at)`;
/** Since when one of the silent runs has said nothing, in milliseconds since 1970. */
export const SILENT_SINCE = inMs(LAST_HEARD);

/** The `from` clause for runs, as `run`, whose turn has been silent for `afterMs` while no approval is open. */
export function fromSilentRuns(afterMs: number): SQL {
  return sql`from agentrun_runs run join agentrun_sessions session on session.session_id = run.session_id ${LAST_TURN}
    where ${IS_HELD} and ${LAST_HEARD} < ${before(afterMs)} and not exists (
      select from agentrun_approvals approval where approval.run_id = run.id and approval.status = 'pending')`;
}

/**
 * Since when a session's turn has been silent, in milliseconds since 1970, where that is longer than `afterMs`. null
 * where the turn has said something since, or waits for a runner or an answer, or where there is no turn. The run is
 * looked up through the session, and only for a session that has been quiet for so long.
 */
export function silentSince(afterMs: number): SQL<number | null> {
  return sql<number | null>`(case when ${sessions.executionState} = 'running' and ${sessions.pendingApprovals} = 0
    and ${sessions.lastActivityAt} < ${before(afterMs)} then (
      select ${inMs(sql`greatest(${sessions.lastActivityAt}, turn.acknowledged_at)`)}
      from agentrun_runs run ${LAST_TURN}
      where run.session_id = ${sessions.sessionId} and ${IS_HELD} and turn.acknowledged_at < ${before(afterMs)}
      limit 1) end)`;
}
