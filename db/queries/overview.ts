import { type SQL, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Listing } from "./first-of";
import { executeNamed } from "./named";
import { SILENT_SINCE, silentRuns } from "./silent-since";

/** Whose records are meant; null: every tenant's. */
export type OverviewScope = { tenantId: string | null; projectId?: string };

export type NeedRow = {
  title: string | null;
  tenantId: string;
  approvalId: string | null;
  runId: string | null;
  sessionId: string | null;
  taskId: string | null;
  sinceMs: number;
  detail: string | null;
};
const NEED = sql`session.title, run.tenant_id as "tenantId", run.id as "runId", run.session_id as "sessionId",
  run.task_id as "taskId"`;

function inScope({ tenantId, projectId }: OverviewScope, row: SQL): SQL {
  return sql.join(
    [
      tenantId === null ? sql`` : sql`and ${row}.tenant_id = ${tenantId}`,
      projectId === undefined ? sql`` : sql`and ${row}.project_id = ${projectId}`,
    ],
    sql` `,
  );
}

/** Approvals that wait, the oldest first. */
export const openApprovals =
  (scope: OverviewScope): Listing =>
  (max) =>
    sql`
    select ${NEED}, approval.id as "approvalId", coalesce(approval.command, approval.reason, approval.kind) as detail,
      (extract(epoch from approval.created_at) * 1000)::float8 as "sinceMs"
    from agentrun_approvals approval join agentrun_runs run on run.id = approval.run_id
    left join agentrun_sessions session on session.session_id = run.session_id
    where approval.status = 'pending' ${inScope(scope, sql`approval`)}
    order by approval.created_at limit ${sql.raw(String(max))}`;

/** Runs whose attempt is to be ended and is not shown to be gone, so that nobody may go on with them. */
export const fencing =
  (scope: OverviewScope): Listing =>
  (max) =>
    sql`
    select ${NEED}, null as "approvalId", run.claimed_by as detail,
      (extract(epoch from run.updated_at) * 1000)::float8 as "sinceMs"
    from agentrun_runs run left join agentrun_sessions session on session.session_id = run.session_id
    where run.status = 'claimed' and run.lease_state = 'fencing' ${inScope(scope, sql`run`)}
    order by run.updated_at limit ${sql.raw(String(max))}`;

/** Runs that are not over and have lost one runner after the other. */
export const flapping =
  (scope: OverviewScope, attempts: number): Listing =>
  (max) =>
    sql`
    select ${NEED}, null as "approvalId", run.attempt_count::text as detail,
      (extract(epoch from run.updated_at) * 1000)::float8 as "sinceMs"
    from agentrun_runs run left join agentrun_sessions session on session.session_id = run.session_id
    where run.status in ('claimed', 'pending') and run.lease_state <> 'fencing'
      and run.attempt_count >= ${sql.raw(String(attempts))} ${inScope(scope, sql`run`)}
    order by run.updated_at limit ${sql.raw(String(max))}`;

/** Turns that have said nothing for long, and that wait for nobody's approval. */
export const stuck =
  (scope: OverviewScope, afterMs: number): Listing =>
  (max) =>
    sql`
    select ${NEED}, null as "approvalId", null as detail, ${SILENT_SINCE} as "sinceMs"
    ${silentRuns(afterMs)} ${inScope(scope, sql`run`)}
    order by "sinceMs" limit ${sql.raw(String(max))}`;

/** Sessions whose last turn failed of late and that their reader has not looked at since. Looks at the newest alone. */
export const failedUnread =
  (scope: OverviewScope, { readerId, withinMs }: { readerId: string; withinMs: number }): Listing =>
  (max) =>
    sql`
    select session.title, session.tenant_id as "tenantId", session.last_run_id as "runId",
      session.session_id as "sessionId", null as "taskId", null as "approvalId", session.failure_kind as detail,
      (extract(epoch from session.updated_at) * 1000)::float8 as "sinceMs"
    from (
      select * from agentrun_sessions session where session.deleted_at is null ${inScope(scope, sql`session`)}
      order by session.updated_at desc, session.session_id limit 1000) session
    left join agentrun_session_read_cursors cursor on cursor.session_id = session.session_id and cursor.reader_id = ${readerId}
    where session.execution_state = 'terminal' and session.terminal_status = 'failed'
      and session.version > coalesce(cursor.session_version, 0)
      and session.updated_at > now() - ${sql.raw(String(withinMs))} * interval '1 millisecond'
    order by session.updated_at desc limit ${sql.raw(String(max))}`;

/** Volumes of which more than four fifths are in use, as last measured; by an index of these alone. */
export const fullVolumes =
  (scope: OverviewScope): Listing =>
  (max) =>
    sql`
    select session.title, session.tenant_id as "tenantId", session.session_id as "sessionId", null as "runId",
      null as "taskId", null as "approvalId",
      round(100.0 * session.storage_size_bytes / greatest(session.storage_capacity_bytes, 1))::text as detail,
      (extract(epoch from session.storage_updated_at) * 1000)::float8 as "sinceMs"
    from agentrun_sessions session
    where session.storage_kind = 'pvc' and session.storage_size_bytes * 5 > session.storage_capacity_bytes * 4
      and session.deleted_at is null ${inScope(scope, sql`session`)}
    order by session.storage_updated_at limit ${sql.raw(String(max))}`;

export type OverviewCounts = {
  approvals: number;
  claimed: number;
  pending: number;
  failedToday: number;
  runners: number;
};

/** How much there is of what stands in indexes of its own; failures are counted to 10,000. */
export async function readOverviewCounts(db: Db, scope: OverviewScope): Promise<OverviewCounts> {
  const [row] = await executeNamed<OverviewCounts>(
    db,
    sql`
    select
      (select count(*)::int from agentrun_approvals approval
        where approval.status = 'pending' ${inScope(scope, sql`approval`)}) as approvals,
      (select count(*)::int from agentrun_runs run where run.status = 'claimed' ${inScope(scope, sql`run`)}) as claimed,
      (select count(*)::int from agentrun_runs run where run.status = 'pending' ${inScope(scope, sql`run`)}) as pending,
      (select count(*)::int from (
        select from agentrun_runs run where run.status = 'failed' and run.created_at > now() - interval '24 hours'
          ${inScope(scope, sql`run`)} limit 10000) failed) as "failedToday",
      (select count(*)::int from agentrun_runner_jobs job join agentrun_runs run on run.id = job.run_id
        where job.state in ('launching', 'running') ${inScope(scope, sql`run`)}) as runners`,
  );
  if (!row) throw new Error("counts are one row");
  return row;
}
