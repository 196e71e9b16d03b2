import { inArray, sql } from "drizzle-orm";
import { textArray } from "@/db/queries/queue-dispatch";
import { commands, events, type QueueTaskRow, runs, type SessionRow, sessions } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { redactJson, statusEvent } from "@/server/events";
import { payloadHash } from "@/server/idempotency";
import { newId, newIds } from "@/server/ids";
import { insertSessions, sessionRefOf } from "@/server/sessions";
import { storedJson } from "@/server/stored";
import { TURN_TEXT_MAX, turnOf } from "./turn";

const TOO_LONG = `its payload makes a text of over ${TURN_TEXT_MAX} characters: put what is long into a file`;

export type StartedRun = { task: QueueTaskRow; runId: string; commandId: string; sessionId: string };
export type RefusedRun = { task: QueueTaskRow; message: string };
export type StartedRuns = { started: StartedRun[]; refused: RefusedRun[]; madeSessions: SessionRow[] };

/**
 * Makes a run with its turn for each of some locked tasks, and the sessions that they name and that are not there. Many
 * rows a statement: a hundred tasks cost hardly more than one.
 */
export async function startRuns(ctx: TxContext, tasks: QueueTaskRow[]): Promise<StartedRuns> {
  const { bySession, made } = await settleSessions(ctx, tasks);
  const refused: RefusedRun[] = [];
  const plans = [];
  for (const task of tasks) {
    const session = bySession.get(task.id);
    // Taken by somebody in this moment, evicted, or given a turn since it was looked at: the next pass sees it so.
    if (!session || session.storageState === "deleting" || session.storageState === "evicted") continue;
    if (session.activeCommandId !== null) continue;
    const turn = turnOf(task);
    const problem = problemOf(task, session) ?? (turn === null ? TOO_LONG : null);
    if (problem === null && turn !== null) plans.push(planOf(task, session, turn));
    else refused.push({ task, message: problem ?? TOO_LONG });
  }
  if (plans.length > 0) {
    await ctx.db.insert(runs).values(plans.map(({ run }) => run));
    await ctx.db.insert(commands).values(plans.map(({ command }) => command));
    await ctx.db.insert(events).values(plans.flatMap(({ log }) => log));
    await showTurns(ctx, plans);
  }
  for (const { run } of plans) ctx.wake(`events:${run.id}`);
  if (plans.length > 0) ctx.wake("runs");
  if (tasks.length > 0) ctx.wake("sessions");
  const started = plans.map(({ task, session, run, command }) => {
    return { task, runId: run.id, commandId: command.id, sessionId: session.sessionId };
  });
  return { started, refused, madeSessions: made };
}

/** The session of each task, locked in the order of ids; made where there is none of its id, or it names none. */
async function settleSessions(ctx: TxContext, tasks: QueueTaskRow[]) {
  const ids = newIds("session", tasks.length);
  const wanted = tasks.map((task, index) => ({ task, sessionId: task.sessionId ?? ids[index] ?? newId("session") }));
  const named = wanted.filter(({ task }) => task.sessionId !== null).map(({ sessionId }) => sessionId);
  const there = await lockSessions(ctx, named);
  const missing = wanted.filter(({ sessionId }) => !there.has(sessionId));
  const made = await insertSessions(
    ctx,
    missing.map(({ task, sessionId }) => {
      const { tenantId, projectId, backendProfile, title } = task;
      return { sessionId, owner: { tenantId, projectId }, input: { backendProfile, title } };
    }),
  );
  for (const session of made) there.set(session.sessionId, session);
  const bySession = new Map(wanted.map(({ task, sessionId }) => [task.id, there.get(sessionId)]));
  return { bySession, made };
}

async function lockSessions(ctx: TxContext, sessionIds: string[]): Promise<Map<string, SessionRow>> {
  if (sessionIds.length === 0) return new Map();
  const rows = await ctx.db
    .select()
    .from(sessions)
    .where(inArray(sessions.sessionId, sessionIds))
    .orderBy(sessions.sessionId)
    .for("no key update");
  return new Map(rows.map((row) => [row.sessionId, row]));
}

/** What no time mends: it is said at once, and a person decides. */
function problemOf(task: QueueTaskRow, session: SessionRow): string | null {
  if (session.deletedAt !== null) return `session ${session.sessionId} is being deleted: use another`;
  const isOwn =
    session.tenantId === task.tenantId &&
    session.projectId === task.projectId &&
    session.backendProfile === task.backendProfile;
  return isOwn ? null : `session ${session.sessionId} belongs to another tenant, project or backend profile`;
}

function planOf(task: QueueTaskRow, session: SessionRow, turn: Record<string, unknown>) {
  const runId = newId("run");
  const created = {
    backendProfile: task.backendProfile,
    sessionRef: sessionRefOf(session),
    resourceBundleRef: refOf(task.resourceBundleRef),
  };
  const run = {
    ...{ id: runId, taskId: task.id, tenantId: task.tenantId, projectId: task.projectId },
    ...{ sessionId: session.sessionId, providerId: task.providerId ?? "default", status: "pending" as const },
    ...created,
    workspaceRef: refOf(task.workspaceRef) ?? { kind: "empty" },
    // A task's run ends with its turn; one that was cut off goes on unless the task says otherwise.
    executionPolicy: { onLost: "continue", ...storedJson(task.executionPolicy), idleTimeoutMs: 0 },
    lastCommandSeq: 1,
    lastEventSeq: 2,
  };
  const command = {
    ...{ id: newId("command"), runId, seq: 1, type: "turn", payload: turn, state: "pending" as const },
    payloadHash: payloadHash({ type: "turn", payload: turn }),
  };
  const told = [
    statusEvent("run-created", { ...created, taskId: task.id }),
    statusEvent("command-created", { commandId: command.id, commandType: command.type }),
  ];
  const log = told.map(({ type, payload }, index) => {
    return { id: newId("event"), runId, seq: index + 1, type, payload: redactJson(payload) };
  });
  return { task, session, run, command, log };
}

/** A ref as it was given; rows of an older release hold empty ones where none was. */
function refOf(stored: Record<string, unknown> | null): Record<string, unknown> | null {
  const ref = storedJson(stored);
  return ref === null || Object.keys(ref).length === 0 ? null : ref;
}

/** What each session shows from now on, as a turn that a person sends does. */
async function showTurns(ctx: TxContext, plans: ReturnType<typeof planOf>[]): Promise<void> {
  await ctx.db.execute(sql`
    update agentrun_sessions session set
      execution_state = 'running', last_run_id = shown.run_id, active_run_id = shown.run_id,
      last_command_id = shown.command_id, active_command_id = shown.command_id, terminal_status = null,
      failure_kind = null, title = coalesce(session.title, shown.title), last_activity_at = clock_timestamp(),
      storage_state = case when session.storage_state = 'archiving' then 'live' else session.storage_state end
    from unnest(${textArray(plans.map(({ session }) => session.sessionId))}, ${textArray(plans.map(({ run }) => run.id))},
      ${textArray(plans.map(({ command }) => command.id))}, ${textArray(plans.map(({ task }) => task.title))})
      as shown (session_id, run_id, command_id, title)
    where session.session_id = shown.session_id`);
}
