import { sql } from "drizzle-orm";
import { index, integer, pgSequence, text, uniqueIndex } from "drizzle-orm/pg-core";
import { LEASE_STATES, RUN_STATUSES } from "@/contract/run";
import { big, feed, instant, json, lifecycle, table } from "./columns";

export const runVersionSeq = pgSequence("agentrun_run_version_seq");

export const runs = table(
  "runs",
  {
    id: text().primaryKey(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    workspaceRef: json().notNull(),
    sessionRef: json(),
    resourceBundleRef: json(),
    providerId: text().notNull(),
    backendProfile: text().notNull(),
    executionPolicy: json().notNull(),
    traceSink: json(),
    status: text({ enum: RUN_STATUSES }).notNull(),
    terminalStatus: text(),
    failureKind: text(),
    failureMessage: text(),
    /** Why the last turn of a run that completed failed. */
    turnFailureKind: text(),
    ...lifecycle,
    claimedBy: text(),
    leaseExpiresAt: instant(),

    /** The session of `sessionRef`, as a column that statements can lock and join by. */
    sessionId: text(),
    /** The queue task that this run is an attempt of. */
    taskId: text(),
    idempotencyKey: text(),
    payloadHash: text(),
    // Only rises; every write of a runner carries it. The lease itself is a separate row, so that a heartbeat touches
    // no index of this table.
    leaseEpoch: integer().notNull().default(0),
    leaseState: text({ enum: LEASE_STATES }).notNull().default("none"),
    cancelRequestedAt: instant(),
    cancelReason: text(),
    /** Until when web logs what the run's agent and model send each other; null: it does not. */
    bodiesLoggedUntil: instant(),
    attemptCount: integer().notNull().default(0),
    nextAttemptAt: instant(),
    /** When the run was first claimed. */
    startedAt: instant(),
    lastEventSeq: integer().notNull().default(0),
    lastCommandSeq: integer().notNull().default(0),
    version: big().notNull().default(0),
    ...feed,
  },
  (run) => [
    // One leased run for each session: the database refuses a second, whatever the code believes.
    uniqueIndex("agentrun_runs_claimed_session_idx")
      .on(run.sessionId)
      .where(sql`${run.status} = 'claimed' and ${run.sessionId} is not null`),
    // Whether a session has a run that has not ended, however many runs it has: asked for every volume before it is
    // collected.
    index("agentrun_runs_open_idx").on(run.sessionId).where(sql`${run.status} in ('claimed', 'pending')`),
    uniqueIndex("agentrun_runs_idempotency_idx")
      .on(run.tenantId, run.projectId, run.idempotencyKey)
      .where(sql`${run.idempotencyKey} is not null`),
    // Runs that lost several runners in a row; contains no column that a beat writes.
    index("agentrun_runs_flapping_idx")
      .on(run.attemptCount)
      .where(sql`${run.status} in ('claimed', 'pending') and ${run.attemptCount} >= 3`),
    index("agentrun_runs_created_idx").on(run.createdAt.desc().nullsFirst(), run.id.desc().nullsFirst()),
    index("agentrun_runs_tenant_created_idx").on(
      run.tenantId,
      run.createdAt.desc().nullsFirst(),
      run.id.desc().nullsFirst(),
    ),
    // Also for the launcher: pending runs stand together, however many have ended.
    index("agentrun_runs_status_created_idx").on(
      run.status,
      run.createdAt.desc().nullsFirst(),
      run.id.desc().nullsFirst(),
    ),
    index("agentrun_runs_session_created_idx").on(
      run.sessionId,
      run.createdAt.desc().nullsFirst(),
      run.id.desc().nullsFirst(),
    ),
    // Lists by profile, by task and by kind of failure; and failures, which are counted.
    index("agentrun_runs_profile_created_idx").on(
      run.backendProfile,
      run.createdAt.desc().nullsFirst(),
      run.id.desc().nullsFirst(),
    ),
    index("agentrun_runs_task_created_idx")
      .on(run.taskId, run.createdAt.desc().nullsFirst(), run.id.desc().nullsFirst())
      .where(sql`${run.taskId} is not null`),
    index("agentrun_runs_any_failure_kind_idx")
      .on(
        sql`coalesce(${run.failureKind}, ${run.turnFailureKind})`,
        run.createdAt.desc().nullsFirst(),
        run.id.desc().nullsFirst(),
      )
      .where(sql`coalesce(${run.failureKind}, ${run.turnFailureKind}) is not null`),
    index("agentrun_runs_any_failure_idx")
      .on(run.createdAt.desc().nullsFirst(), run.id.desc().nullsFirst())
      .where(sql`${run.status} = 'failed' or ${run.turnFailureKind} is not null`),
    index("agentrun_runs_tenant_any_failure_idx")
      .on(run.tenantId, run.createdAt.desc().nullsFirst(), run.id.desc().nullsFirst())
      .where(sql`${run.status} = 'failed' or ${run.turnFailureKind} is not null`),
    index("agentrun_runs_changes_idx").on(run.changeXid, run.version, run.tenantId),
  ],
);
export type RunRow = typeof runs.$inferSelect;
