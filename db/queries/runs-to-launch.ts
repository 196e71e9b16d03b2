import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";

/**
 * Finds runs that a runner should be started for, oldest first: pending, due, with an open command, on a session that
 * nothing else holds and whose storage state allows it. At most one for each session, so that its runs go one after
 * another.
 */
export async function findRunsToLaunch(db: Db | Tx, batchMax: number): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select id from (
    select distinct on (coalesce(run.session_id, run.id)) run.id, run.created_at
    from agentrun_runs run
    left join agentrun_sessions session on session.session_id = run.session_id
    where run.status = 'pending'
      and (run.next_attempt_at is null or run.next_attempt_at <= clock_timestamp())
      and exists (select from agentrun_commands command where command.run_id = run.id and command.state in ('pending', 'acknowledged'))
      and not exists (select from agentrun_runner_jobs job where job.run_id = run.id and job.state in ('launching', 'running'))
      and (run.session_id is null or (
        session.deleted_at is null
        and session.storage_state in ('none', 'live', 'archiving', 'restoring')
        and not exists (
          select from agentrun_runs other
          where other.session_id = run.session_id and other.id <> run.id
            and (other.status = 'claimed' or exists (
              select from agentrun_runner_jobs job where job.run_id = other.id and job.state in ('launching', 'running'))))))
    order by coalesce(run.session_id, run.id), run.created_at
    ) waiting order by created_at limit ${batchMax}`);
  return rows.map((row) => row.id);
}
