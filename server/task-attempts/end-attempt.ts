import { and, desc, eq, isNull, sql } from "drizzle-orm";
import { limitedUntil } from "@/contract/backend-standing";
import { FailureKind } from "@/contract/errors";
import { isActiveTask } from "@/contract/words";
import { UNTIL_PERSON } from "@/db/queries/queue/held-until";
import { prepared } from "@/db/queries/sql/prepared";
import {
  backends,
  type CommandRow,
  commands,
  events,
  type QueueTaskRow,
  queueAttempts,
  queueTasks,
  type RunRow,
} from "@/db/schema";
import { audit } from "@/server/audit";
import { findHold } from "@/server/budgets";
import type { TxContext } from "@/server/context";
import { storedJson } from "@/server/stored";
import { type Failure, judgeFailure, type Verdict } from "./judge";

type Ended =
  | { state: "completed" }
  | { state: "cancelled"; reason: string | null }
  | { state: "failed"; failure: Failure };

/**
 * Updates a task when the run of its attempt has ended. The outcome is the run's end or, if that is `completed`, the
 * end of the turn that the task asked for. The caller has locked the task, and locked it before the run. An attempt
 * that is no longer the task's changes nothing.
 */
export async function endTaskAttempt(ctx: TxContext, task: QueueTaskRow, run: RunRow): Promise<void> {
  if (task.runId !== run.id || !isActiveTask(task.state)) return;
  const ended = await endOf(ctx, run);
  const failure = ended.state === "failed" ? ended.failure : null;
  await ctx.db
    .update(queueAttempts)
    .set({
      state: ended.state,
      endedAt: sql`clock_timestamp()`,
      failureKind: failure?.failureKind ?? null,
      failureMessage: failure?.message ?? null,
    })
    .where(and(eq(queueAttempts.taskId, task.id), eq(queueAttempts.runId, run.id), isNull(queueAttempts.endedAt)));
  const latestAttempt = {
    ...storedJson(task.latestAttempt),
    state: ended.state,
    endedAt: new Date().toISOString(),
    failureKind: failure?.failureKind ?? null,
    failureMessage: failure?.message ?? null,
  };
  const verdict = failure && judgeFailure(task, failure);
  // If somebody asked for the task's end while its attempt was failing, there is no further attempt.
  const isOver = task.cancelRequestedAt !== null && verdict !== null;
  await ctx.db
    .update(queueTasks)
    .set({ latestAttempt, ...(isOver ? cancelled(task.cancelReason) : stateAfter(ended, verdict, task)) })
    .where(eq(queueTasks.id, task.id));
  await audit(ctx, {
    action: "queue.endAttempt",
    targetKind: "task",
    targetId: task.id,
    tenantId: task.tenantId,
    details: { runId: run.id, attempt: task.attemptCount, state: ended.state, next: verdict?.kind ?? null },
  });
  ctx.wake("queue");
}

async function endOf(ctx: TxContext, run: RunRow): Promise<Ended> {
  const turn = await findTurn(ctx, run);
  // Later turns, which a person asked of the same run, do not count for the task.
  if (turn?.state === "completed") return { state: "completed" };
  if (run.status === "cancelled") return { state: "cancelled", reason: run.cancelReason ?? run.failureMessage };
  if (run.status === "failed") return { state: "failed", failure: await failureOf(ctx, run, run) };
  if (turn?.state === "failed") return { state: "failed", failure: await failureOf(ctx, run, turn) };
  if (turn?.state === "cancelled") return { state: "cancelled", reason: turn.cancelReason ?? turn.failureMessage };
  return { state: "completed" };
}

const firstCommand = prepared("turn-of-task", (db) =>
  db
    .select()
    .from(commands)
    .where(and(eq(commands.runId, sql.placeholder("runId")), eq(commands.seq, 1))),
);

/** Returns the turn that the dispatcher asked for: it is the run's first command. */
async function findTurn(ctx: TxContext, run: RunRow): Promise<CommandRow | undefined> {
  const [turn] = await firstCommand(ctx.db).execute({ runId: run.id });
  return turn;
}

type Failed = { failureKind: string | null; failureMessage: string | null };

async function failureOf(ctx: TxContext, run: RunRow, { failureKind, failureMessage }: Failed): Promise<Failure> {
  const kind = FailureKind.safeParse(failureKind);
  return {
    failureKind: kind.success ? kind.data : "backend-failed",
    message: failureMessage,
    limited: failureKind === "rate-limited" ? await readLimit(ctx, run) : null,
  };
}

/**
 * Reads why a run was rate-limited: because of a budget, or else of the provider. For a provider, `until` is the end of
 * its limit as the gateway noted it, and `isUsage` follows codex's own error code.
 */
async function readLimit(ctx: TxContext, run: RunRow): Promise<Failure["limited"]> {
  if ((await findHold(ctx, run)) !== null) return { until: null, isUsage: true, isBudget: true };
  const [row] = await ctx.db
    .select({ health: backends.health })
    .from(backends)
    .where(eq(backends.profile, run.backendProfile));
  const health = storedJson(row?.health);
  const downUntil = health?.isGuessed === true ? null : limitedUntil(health, Date.now());
  const [limit] = await ctx.db
    .select({ code: sql<string | null>`${events.payload}->>'code'` })
    .from(events)
    .where(and(eq(events.runId, run.id), eq(events.type, "error")))
    .orderBy(desc(events.seq))
    .limit(1);
  return { until: downUntil === null ? null : new Date(downUntil), isUsage: limit?.code === "usageLimitExceeded" };
}

function stateAfter(ended: Ended, verdict: Verdict | null, task: QueueTaskRow) {
  if (ended.state === "completed") return { state: "completed" as const, failureKind: null, failureMessage: null };
  if (ended.state === "cancelled") return cancelled(task.cancelReason ?? ended.reason);
  const { failure } = ended;
  const failureFields = { failureKind: failure.failureKind, failureMessage: failure.message };
  if (verdict === null || verdict.kind === "dead-letter")
    return { ...failureFields, state: "failed" as const, deadLetter: verdict?.why ?? ("not-retryable" as const) };
  const waiting = { ...failureFields, state: "pending" as const, blockedOn: null };
  if (verdict.kind === "retry") return { ...waiting, notBefore: verdict.at };
  // A refused attempt does not count against the task's policy.
  const unused = { ...waiting, attemptsBefore: task.attemptsBefore + 1 };
  if (verdict.kind === "wait") return unused;
  return {
    ...unused,
    notBefore: verdict.at ?? UNTIL_PERSON,
    parkedAt: new Date(),
    parkedUntil: verdict.until,
    parkCount: task.parkCount + 1,
  };
}

function cancelled(reason: string | null) {
  return {
    state: "cancelled" as const,
    cancelledAt: sql`clock_timestamp()`,
    cancelReason: reason ?? "its run was cancelled",
    failureKind: null,
    failureMessage: null,
  };
}
