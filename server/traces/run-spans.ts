import { and, eq } from "drizzle-orm";
import { queueAttempts, queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { getRun } from "@/server/runs";
import { rootOf, spanIdOf, type TraceRoot } from "./ids";
import { partsOf } from "./parts";
import { attributesOf, errorOf, type Span } from "./span";
import { commonOf, readWhole, SPANS_PER_RUN_MAX, type WholeRun } from "./whole-run";

/** Returns the spans of a run that has ended: the run's own first, and each after its parent. */
export async function spansOfRun(ctx: ServiceContext, runId: string, stop: AbortSignal): Promise<Span[]> {
  const run = await getRun(ctx, { runId });
  const completeRun = await readWhole(ctx, run, stop);
  const task = run.taskId === null ? null : await readTask(ctx, run.taskId, runId);
  const root = rootOf(run.taskId ?? run.id, task === null ? run.traceSink : task.metadata);
  const within = { traceId: root.traceId, settings: ctx.settings };
  const { parts, leftOut } = partsOf(completeRun, within, SPANS_PER_RUN_MAX - 1);
  const leftOutCounts = { spansLeftOut: leftOut + completeRun.callsLeftOut, taskAttempt: task?.attempt ?? null };
  return [runSpan(completeRun, root, leftOutCounts), ...parts];
}

function runSpan(
  { run, startedAt, endedAt, totals, eventsLeftOut }: WholeRun,
  { traceId, parentSpanId }: TraceRoot,
  { spansLeftOut, taskAttempt }: { spansLeftOut: number; taskAttempt: number | null },
): Span {
  const hasFailed = run.status === "failed";
  const times = Object.entries(totals).map(([cause, ms]) => [`agentrun.run.${cause}_ms`, ms] as const);
  return {
    traceId,
    spanId: spanIdOf("run", run.id),
    name: "run",
    kind: "internal",
    parentSpanId: run.taskId === null ? parentSpanId : spanIdOf("task", run.taskId),
    startMs: Date.parse(startedAt),
    endMs: Date.parse(endedAt ?? run.updatedAt),
    attributes: attributesOf({
      ...commonOf(run),
      "agentrun.profile": run.backendProfile,
      "agentrun.task": run.taskId,
      "agentrun.task.attempt": taskAttempt,
      "agentrun.run.status": run.status,
      "agentrun.run.attempts": run.attemptCount,
      "agentrun.failure_kind": run.failureKind,
      "error.type": hasFailed ? (run.failureKind ?? "failed") : null,
      ...Object.fromEntries(times),
      "agentrun.spans_left_out": spansLeftOut || null,
      "agentrun.events_left_out": eventsLeftOut || null,
    }),
    error: hasFailed ? errorOf(run.failureMessage, run.failureKind) : null,
  };
}

async function readTask(ctx: ServiceContext, taskId: string, runId: string) {
  const [task] = await ctx.db
    .select({ metadata: queueTasks.metadata, attempt: queueAttempts.attempt })
    .from(queueTasks)
    .leftJoin(queueAttempts, and(eq(queueAttempts.taskId, queueTasks.id), eq(queueAttempts.runId, runId)))
    .where(eq(queueTasks.id, taskId))
    .limit(1);
  return task ?? { metadata: {}, attempt: null };
}
