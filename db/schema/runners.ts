import { sql } from "drizzle-orm";
import { index, integer, jsonb, primaryKey, smallint, text, uniqueIndex } from "drizzle-orm/pg-core";
import type { AttemptAnswer, AttemptAsk, AttemptDetails, AttemptLog } from "@/contract/run-job";
import { RUNNER_JOB_STATES, type RunnerOrder } from "@/contract/runner";
import { RUNNER_END_KINDS } from "@/contract/words";
import { big, instant, json, lifecycle, table } from "./columns";
import { commands } from "./commands";
import { runs } from "./runs";

export const runners = table(
  "runners",
  {
    id: text().primaryKey(),
    runId: text(),
    attemptId: text(),
    backendProfile: text(),
    placement: text(),
    sourceCommit: text(),
    metadata: json().notNull().default({}),
    registeredAt: instant().notNull().defaultNow(),
    heartbeatAt: instant().notNull().defaultNow(),
    /** The tenant of its run, else of whoever registered it. null: no tenant, so only administrators see it. */
    tenantId: text(),
    /** From its last claim: the protocol version it named, the epoch it got, and the length of its lease. */
    protocolVersion: integer(),
    leaseEpoch: integer(),
    leaseMs: integer(),
    /**
     * The last 60 beats, oldest first, in the row that a beat writes anyway: tenths of a second since the previous
     * beat, and milliseconds of the previous round trip, -1 where it was not reported.
     */
    beatGaps: smallint().array().notNull().default([]),
    beatTrips: smallint().array().notNull().default([]),
    beatCount: integer().notNull().default(0),
    cpuPercent: integer(),
    rssBytes: big(),
    /** An operator's orders; null: none. */
    drain: jsonb().$type<RunnerOrder>(),
    kill: jsonb().$type<RunnerOrder>(),
    /** null: the runner has not ended, or the outcome of the run that it lost is not known yet. */
    endedAt: instant(),
    endKind: text({ enum: RUNNER_END_KINDS }),
    endMessage: text(),
  },
  (runner) => [
    // No index contains a column that a beat changes, so that a beat's update stays in its page and touches no index.
    index("agentrun_runners_living_idx").on(runner.registeredAt, runner.id).where(sql`${runner.endedAt} is null`),
    index("agentrun_runners_listed_idx").on(runner.registeredAt, runner.id),
    index("agentrun_runners_tenant_idx").on(runner.tenantId, runner.registeredAt, runner.id),
    // For the worker's look for runners to kill.
    index("agentrun_runners_kill_idx")
      .on(runner.id)
      .where(sql`${runner.kill} is not null and ${runner.endedAt} is null`),
  ],
);

/** A minute of a tenant's runners, and of all together, as the worker saw them in it; for charts. */
export const runnerMinutes = table(
  "runner_minutes",
  {
    minute: instant().notNull(),
    /** `*`: all tenants together. */
    tenantId: text().notNull(),
    alive: integer().notNull(),
    busy: integer().notNull(),
    silent: integer().notNull(),
    capacity: integer().notNull(),
    tripP50Ms: integer("trip_p50_ms"),
    tripP95Ms: integer("trip_p95_ms"),
  },
  (row) => [
    primaryKey({ columns: [row.tenantId, row.minute] }),
    // For removal of old rows, oldest first.
    index("agentrun_runner_minutes_minute_idx").on(row.minute),
  ],
);

export const leases = table(
  "leases",
  {
    runId: text()
      .primaryKey()
      .references(() => runs.id, { onDelete: "cascade" }),
    runnerId: text().notNull(),
    leaseExpiresAt: instant().notNull(),
    staleRecoveryMarker: json(),
    updatedAt: instant().notNull().defaultNow(),
    /** The epoch that this lease was granted with; equals its run's epoch until it ends. */
    leaseEpoch: integer().notNull().default(0),
    /**
     * Identifies the process that claimed. The same process gets its epoch back; another one is refused while the lease
     * lives.
     */
    nonce: text(),
    leaseMs: integer().notNull().default(20_000),
  },
  (lease) => [index("agentrun_leases_expiry_idx").on(lease.leaseExpiresAt)],
);

export const runnerJobs = table(
  "runner_jobs",
  {
    id: text().primaryKey(),
    runId: text()
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    commandId: text()
      .notNull()
      .references(() => commands.id, { onDelete: "cascade" }),
    idempotencyKey: text(),
    payloadHash: text().notNull(),
    attemptId: text().notNull(),
    runnerId: text().notNull(),
    namespace: text().notNull(),
    jobName: text().notNull(),
    managerUrl: text().notNull(),
    image: text().notNull(),
    sourceCommit: text().notNull(),
    serviceAccountName: text(),
    result: json().notNull(),
    ...lifecycle,
    state: text({ enum: RUNNER_JOB_STATES }).notNull().default("ended"),
    endedAt: instant(),
  },
  (job) => [
    uniqueIndex("agentrun_runner_jobs_run_idempotency_key_idx")
      .on(job.runId, job.idempotencyKey)
      .where(sql`${job.idempotencyKey} is not null`),
    index("agentrun_runner_jobs_run_command_idx").on(job.runId, job.commandId, job.createdAt),
    index("agentrun_runner_jobs_live_idx").on(job.createdAt).where(sql`${job.state} in ('launching', 'running')`),
    uniqueIndex("agentrun_runner_jobs_attempt_idx")
      .on(job.attemptId)
      .where(sql`${job.state} in ('launching', 'running')`),
  ],
);
/** What was left of an ended attempt: what its executor knew of it, and the ends of its logs, redacted. */
export const attemptRemains = table(
  "attempt_remains",
  {
    attemptId: text().primaryKey(),
    runId: text()
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    details: jsonb().$type<AttemptDetails>().notNull(),
    logs: jsonb().$type<AttemptLog[]>().notNull(),
    keptAt: instant().notNull().defaultNow(),
  },
  // It is removed with its run.
  (remains) => [index("agentrun_attempt_remains_run_idx").on(remains.runId)],
);

/**
 * Questions from web to the worker, which alone reaches the executor. A row lives for seconds, so the table is
 * unlogged.
 */
export const attemptAsks = table("attempt_asks", {
  id: text().primaryKey(),
  attemptId: text().notNull(),
  ask: jsonb().$type<AttemptAsk>().notNull(),
  answer: jsonb().$type<AttemptAnswer>(),
  askedAt: instant().notNull().defaultNow(),
  answeredAt: instant(),
});
export type AttemptRemainsRow = typeof attemptRemains.$inferSelect;

export type RunnerRow = typeof runners.$inferSelect;
export type LeaseRow = typeof leases.$inferSelect;
export type RunnerJobRow = typeof runnerJobs.$inferSelect;
