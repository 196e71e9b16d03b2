import { date, index, integer, primaryKey, smallint, text } from "drizzle-orm/pg-core";
import { FAILURE_KINDS } from "@/contract/errors";
import { CALL_OUTCOMES } from "@/contract/usage";
import { big, instant, table } from "./columns";
import { runs } from "./runs";
import { sessions } from "./sessions";

/** Calls to models, stored as they ended. A row never changes, and is removed with its run. */
export const modelCalls = table(
  "model_calls",
  {
    id: text().primaryKey(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    // The key is checked at the end of the transaction (migration 027): whoever stores calls first removes those whose
    // run has gone.
    runId: text()
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    sessionId: text(),
    taskId: text(),
    backendProfile: text().notNull(),
    model: text().notNull(),
    startedAt: instant().notNull(),
    firstByteMs: integer(),
    durationMs: integer().notNull(),
    outcome: text({ enum: CALL_OUTCOMES }).notNull(),
    failureKind: text({ enum: FAILURE_KINDS }),
    reason: text(),
    httpStatus: integer(),
    inputTokens: integer(),
    cachedInputTokens: integer(),
    outputTokens: integer(),
    reasoningTokens: integer(),
    costMicros: big(),
    currency: text(),
  },
  (call) => {
    const newest = () => [call.startedAt.desc().nullsFirst(), call.id.desc().nullsFirst()] as const;
    return [
      index("agentrun_model_calls_started_idx").on(...newest()),
      index("agentrun_model_calls_tenant_idx").on(call.tenantId, ...newest()),
      index("agentrun_model_calls_run_idx").on(call.runId, ...newest()),
      index("agentrun_model_calls_session_idx").on(call.sessionId, ...newest()),
      index("agentrun_model_calls_task_idx").on(call.taskId, ...newest()),
      // A profile's latency: of every tenant, and of one.
      index("agentrun_model_calls_profile_idx").on(call.backendProfile, call.startedAt),
      index("agentrun_model_calls_tenant_profile_idx").on(call.tenantId, call.backendProfile, call.startedAt),
    ];
  },
);
export type ModelCallRow = typeof modelCalls.$inferSelect;

/** The sums of what calls consumed. */
const spent = {
  inputTokens: big().notNull(),
  cachedInputTokens: big().notNull(),
  outputTokens: big().notNull(),
  reasoningTokens: big().notNull(),
  uncountedCalls: big().notNull(),
  unpricedCalls: big().notNull(),
  costMicros: big().notNull(),
};

/**
 * The sums of a day's calls, kept by a trigger of the calls in the same transaction. A sum is split into parts, so that
 * writers seldom wait for each other: the parts from 0 on add up to the stored calls, and part -1 holds the calls that
 * went with their runs.
 */
export const usageDays = table(
  "usage_days",
  {
    day: date().notNull(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    backendProfile: text().notNull(),
    model: text().notNull(),
    /** Empty where the calls had no price. */
    currency: text().notNull(),
    part: smallint().notNull(),
    calls: big().notNull(),
    ok: big().notNull(),
    refused: big().notNull(),
    failed: big().notNull(),
    aborted: big().notNull(),
    ...spent,
  },
  (sum) => [
    primaryKey({
      name: "agentrun_usage_days_pk",
      columns: [sum.day, sum.tenantId, sum.projectId, sum.backendProfile, sum.model, sum.currency, sum.part],
    }),
    index("agentrun_usage_days_tenant_idx").on(sum.tenantId, sum.day),
    // What a project has spent, for measuring its budgets.
    index("agentrun_usage_days_project_idx").on(sum.tenantId, sum.projectId, sum.day),
  ],
);

/**
 * The sums of a session's calls, kept by a trigger of the calls in the same transaction. What went with an old run
 * stays in the sum, which is removed with the session.
 */
export const usageSessions = table(
  "usage_sessions",
  {
    sessionId: text()
      .notNull()
      .references(() => sessions.sessionId, { onDelete: "cascade" }),
    /** Empty where the calls had no price. */
    currency: text().notNull(),
    calls: big().notNull(),
    ...spent,
  },
  (sum) => [primaryKey({ name: "agentrun_usage_sessions_pk", columns: [sum.sessionId, sum.currency] })],
);
