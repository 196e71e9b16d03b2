import { type SQL, sql } from "drizzle-orm";
import type { NeedKind } from "@/contract/overview";
import type { Db } from "@/db/client";
import { createFirstsReader, type FirstLimits, type FirstOf, type Listing } from "@/db/queries/sql/first-of";
import { shaped } from "@/db/queries/sql/named";
import { fromSilentRuns, SILENT_SINCE } from "./silent-since";

/** Whose records to read; null: every tenant's. */
export type OverviewScope = { tenantId: string | null; projectId?: string };
/** What a statement's text depends on: the columns that it is narrowed by. */
type ScopeShape = { ofTenant: boolean; ofProject: boolean };

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

function toShape({ tenantId, projectId }: OverviewScope): ScopeShape {
  return { ofTenant: tenantId !== null, ofProject: projectId !== undefined };
}

function toValues({ tenantId, projectId }: OverviewScope): Record<string, unknown> {
  return { tenantId, projectId };
}

function inScope({ ofTenant, ofProject }: ScopeShape, row: SQL): SQL {
  return sql.join(
    [
      ofTenant ? sql`and ${row}.tenant_id = ${sql.placeholder("tenantId")}` : sql``,
      ofProject ? sql`and ${row}.project_id = ${sql.placeholder("projectId")}` : sql``,
    ],
    sql` `,
  );
}

/** Thresholds from which something needs a person: attempts, milliseconds of silence, milliseconds since a failure. */
type NeedLimits = FirstLimits & { flappingAttempts: number; stuckAfterMs: number; failedWithinMs: number };
type NeedsShape = ScopeShape & NeedLimits & { hasReader: boolean };

const readListings = createFirstsReader<NeedsShape, NeedKind, NeedRow>((shape) => {
  const listings: [NeedKind, Listing][] = [
    ["approval", openApprovals(shape)],
    ["fencing", fencing(shape)],
    ["stuck", stuck(shape)],
    ["flapping", flapping(shape)],
    ["volume-full", fullVolumes(shape)],
  ];
  if (shape.hasReader) listings.push(["failed-session", failedUnread(shape)]);
  return listings;
});

/**
 * Reads what needs a person apart from the queue: the first of each kind, and their number. `readerId`: whose unread
 * failures.
 */
export function readNeeds(
  db: Db,
  scope: OverviewScope,
  readerId: string | undefined,
  limits: NeedLimits,
): Promise<FirstOf<NeedKind, NeedRow>[]> {
  const shape = { ...toShape(scope), ...limits, hasReader: readerId !== undefined };
  return readListings(db, shape, { ...toValues(scope), readerId });
}

/** Waiting approvals, oldest first. */
const openApprovals =
  (shape: ScopeShape): Listing =>
  (max) =>
    sql`
    select ${NEED}, approval.id as "approvalId", coalesce(approval.command, approval.reason, approval.kind) as detail,
      (extract(epoch from approval.created_at) * 1000)::float8 as "sinceMs"
    from agentrun_approvals approval join agentrun_runs run on run.id = approval.run_id
    left join agentrun_sessions session on session.session_id = run.session_id
    where approval.status = 'pending' ${inScope(shape, sql`approval`)}
    order by approval.created_at limit ${sql.raw(String(max))}`;

/** Runs whose attempt is being ended and not yet known to be gone, so that nobody may continue them. */
const fencing =
  (shape: ScopeShape): Listing =>
  (max) =>
    sql`
    select ${NEED}, null as "approvalId", run.claimed_by as detail,
      (extract(epoch from run.updated_at) * 1000)::float8 as "sinceMs"
    from agentrun_runs run left join agentrun_sessions session on session.session_id = run.session_id
    where run.status = 'claimed' and run.lease_state = 'fencing' ${inScope(shape, sql`run`)}
    order by run.updated_at limit ${sql.raw(String(max))}`;

/** Runs that have not ended and have lost several runners in a row. */
const flapping =
  (shape: NeedsShape): Listing =>
  (max) =>
    sql`
    select ${NEED}, null as "approvalId", run.attempt_count::text as detail,
      (extract(epoch from run.updated_at) * 1000)::float8 as "sinceMs"
    from agentrun_runs run left join agentrun_sessions session on session.session_id = run.session_id
    where run.status in ('claimed', 'pending') and run.lease_state <> 'fencing'
      and run.attempt_count >= ${sql.raw(String(shape.flappingAttempts))} ${inScope(shape, sql`run`)}
    order by run.updated_at limit ${sql.raw(String(max))}`;

/** Turns that have been silent for long while no approval is open. */
const stuck =
  (shape: NeedsShape): Listing =>
  (max) =>
    sql`
    select ${NEED}, null as "approvalId", null as detail, ${SILENT_SINCE} as "sinceMs"
    ${fromSilentRuns(shape.stuckAfterMs)} ${inScope(shape, sql`run`)}
    order by "sinceMs" limit ${sql.raw(String(max))}`;

/** Sessions whose last turn failed recently and that their reader has not looked at since. Looks only at the newest. */
const failedUnread =
  (shape: NeedsShape): Listing =>
  (max) =>
    sql`
    select session.title, session.tenant_id as "tenantId", session.last_run_id as "runId",
      session.session_id as "sessionId", null as "taskId", null as "approvalId", session.failure_kind as detail,
      (extract(epoch from session.updated_at) * 1000)::float8 as "sinceMs"
    from (
      select * from agentrun_sessions session where session.deleted_at is null ${inScope(shape, sql`session`)}
      order by session.updated_at desc, session.session_id limit 1000) session
    left join agentrun_session_read_cursors cursor on cursor.session_id = session.session_id and cursor.reader_id = ${sql.placeholder("readerId")}
    where session.execution_state = 'terminal' and session.terminal_status = 'failed'
      and session.version > coalesce(cursor.session_version, 0)
      and session.updated_at > now() - ${sql.raw(String(shape.failedWithinMs))} * interval '1 millisecond'
    order by session.updated_at desc limit ${sql.raw(String(max))}`;

/** Volumes that are more than four fifths full, as last measured; read by an index of these alone. */
const fullVolumes =
  (shape: ScopeShape): Listing =>
  (max) =>
    sql`
    select session.title, session.tenant_id as "tenantId", session.session_id as "sessionId", null as "runId",
      null as "taskId", null as "approvalId",
      round(100.0 * session.storage_size_bytes / greatest(session.storage_capacity_bytes, 1))::text as detail,
      (extract(epoch from session.storage_updated_at) * 1000)::float8 as "sinceMs"
    from agentrun_sessions session
    where session.storage_kind = 'pvc' and session.storage_size_bytes * 5 > session.storage_capacity_bytes * 4
      and session.deleted_at is null ${inScope(shape, sql`session`)}
    order by session.storage_updated_at limit ${sql.raw(String(max))}`;

export type OverviewCounts = {
  approvals: number;
  claimed: number;
  pending: number;
  failedToday: number;
  runners: number;
};

const readCountsRow = shaped<ScopeShape, OverviewCounts>(
  (shape) => sql`
    select
      (select count(*)::int from agentrun_approvals approval
        where approval.status = 'pending' ${inScope(shape, sql`approval`)}) as approvals,
      (select count(*)::int from agentrun_runs run where run.status = 'claimed' ${inScope(shape, sql`run`)}) as claimed,
      (select count(*)::int from agentrun_runs run where run.status = 'pending' ${inScope(shape, sql`run`)}) as pending,
      (select count(*)::int from (
        select from agentrun_runs run where (run.status = 'failed' or run.turn_failure_kind is not null)
          and run.created_at > now() - interval '24 hours'
          ${inScope(shape, sql`run`)} limit 10000) failed) as "failedToday",
      (select count(*)::int from agentrun_runner_jobs job join agentrun_runs run on run.id = job.run_id
        where job.state in ('launching', 'running') ${inScope(shape, sql`run`)}) as runners`,
);

/** Counts what has an index of its own; failures are counted up to 10,000. */
export async function readOverviewCounts(db: Db, scope: OverviewScope): Promise<OverviewCounts> {
  const [row] = await readCountsRow(db, toShape(scope), toValues(scope));
  if (!row) throw new Error("counts are one row");
  return row;
}
