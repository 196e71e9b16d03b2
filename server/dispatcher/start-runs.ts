import { inArray } from "drizzle-orm";
import { insertTaskRuns, type NewTaskRun } from "@/db/queries/insert-runs";
import { type QueueTaskRow, type SessionRow, sessions } from "@/db/schema";
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
    const problem = problemOf(task, session);
    const turn = problem === null ? turnOf(task) : null;
    if (turn === null) refused.push({ task, message: problem ?? TOO_LONG });
    else plans.push(planOf(task, session, turn));
  }
  if (plans.length > 0)
    await insertTaskRuns(
      ctx.db,
      plans.map(({ run }) => run),
    );
  for (const { run } of plans) ctx.wake(`events:${run.runId}`);
  if (plans.length > 0) ctx.wake("runs");
  if (tasks.length > 0) ctx.wake("sessions");
  const started = plans.map(({ task, run: { runId, commandId, sessionId } }) => ({
    task,
    runId,
    commandId,
    sessionId,
  }));
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

function planOf(task: QueueTaskRow, session: SessionRow, payload: Record<string, unknown>) {
  const [runId, commandId] = [newId("run"), newId("command")];
  const sessionRef = sessionRefOf(session);
  const resourceBundleRef = refOf(task.resourceBundleRef);
  const { backendProfile } = task;
  const told = [
    statusEvent("run-created", { backendProfile, sessionRef, resourceBundleRef, taskId: task.id }),
    statusEvent("command-created", { commandId, commandType: "turn" }),
  ];
  const run: NewTaskRun = {
    runId,
    taskId: task.id,
    tenantId: task.tenantId,
    projectId: task.projectId,
    sessionId: session.sessionId,
    providerId: task.providerId ?? "default",
    backendProfile,
    workspaceRef: refOf(task.workspaceRef) ?? { kind: "empty" },
    sessionRef,
    resourceBundleRef,
    // A task's run ends with its turn; one that was cut off goes on unless the task says otherwise.
    executionPolicy: { onLost: "continue", ...storedJson(task.executionPolicy), idleTimeoutMs: 0 },
    title: task.title,
    commandId,
    payload,
    payloadHash: payloadHash({ type: "turn", payload }),
    events: told.map(({ type, payload }) => ({ id: newId("event"), type, payload: redactJson(payload) })),
  };
  return { task, run };
}

/** A ref as it was given; rows of an older release hold empty ones where none was. */
function refOf(stored: Record<string, unknown> | null): Record<string, unknown> | null {
  const ref = storedJson(stored);
  return ref === null || Object.keys(ref).length === 0 ? null : ref;
}
