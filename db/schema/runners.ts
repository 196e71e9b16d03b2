import { sql } from "drizzle-orm";
import { index, integer, text, uniqueIndex } from "drizzle-orm/pg-core";
import { RUNNER_JOB_STATES } from "@/contract/runner";
import { instant, json, lifecycle, table } from "./columns";
import { commands } from "./commands";
import { runs } from "./runs";

export const runners = table("runners", {
  id: text().primaryKey(),
  runId: text(),
  attemptId: text(),
  backendProfile: text(),
  placement: text(),
  sourceCommit: text(),
  metadata: json().notNull().default({}),
  registeredAt: instant().notNull().defaultNow(),
  heartbeatAt: instant().notNull().defaultNow(),
  /** Whose it is: its run's tenant, else that of who registered it. Null is nobody's: only administrators see it. */
  tenantId: text(),
});

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
    /** The epoch that this lease was given with; equals its run's while it lives. */
    leaseEpoch: integer().notNull().default(0),
    /** The process that claimed: the same one gets its epoch back, another is refused while the lease lives. */
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
export type RunnerRow = typeof runners.$inferSelect;
export type LeaseRow = typeof leases.$inferSelect;
export type RunnerJobRow = typeof runnerJobs.$inferSelect;
