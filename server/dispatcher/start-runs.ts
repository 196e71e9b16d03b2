import { sql } from "drizzle-orm";
import { attachmentsIn } from "@/contract/image";
import { type NewTaskRun, startTaskRuns } from "@/db/queries/queue/start-task-runs";
import { textArray } from "@/db/queries/sql/arrays";
import { type QueueTaskRow, type SessionRow, sessions } from "@/db/schema";
import { findImageRefusals, handOverToSessions } from "@/server/attachments";
import { actorName } from "@/server/audit";
import type { TxContext } from "@/server/context";
import { redactJson, statusEvent } from "@/server/events";
import { payloadHash } from "@/server/idempotency";
import { newId } from "@/server/ids";
import { planSession, sessionRefOf, type VolumelessSession } from "@/server/sessions";
import { storedJson } from "@/server/stored";
import { handedText, readResults } from "@/server/task-results";
import { TURN_TEXT_MAX, turnOf } from "./turn";

const TOO_LONG_WITH_RESULTS = `its payload and what it is told of the tasks that it comes after make a text of over ${TURN_TEXT_MAX} characters: put what is long into a file`;
const TOO_LONG = `its payload makes a text of over ${TURN_TEXT_MAX} characters: put what is long into a file`;

export type RefusedRun = { task: QueueTaskRow; message: string };
export type StartedRuns = { started: number; refused: RefusedRun[]; madeSessions: VolumelessSession[] };
type TaskSession = { ref: Parameters<typeof sessionRefOf>[0]; made: NewTaskRun["newSession"] };

/**
 * Makes a run with its turn for each of some locked tasks, and the sessions that they name and that do not exist yet.
 * Each statement inserts many rows: a hundred tasks cost hardly more than one.
 */
export async function startRuns(ctx: TxContext, tasks: QueueTaskRow[]): Promise<StartedRuns> {
  const existingSessions = await lockSessions(
    ctx,
    tasks.flatMap(({ sessionId }) => sessionId ?? []),
  );
  const dependencyText = await readDependencyTexts(ctx, tasks);
  const imageRefusals = await findImageRefusals(ctx, tasks.map(toShowing));
  const refused: RefusedRun[] = [];
  const runs: NewTaskRun[] = [];
  for (const task of tasks) {
    const session = task.sessionId === null ? undefined : existingSessions.get(task.sessionId);
    if (session && !isFree(session)) continue;
    const turn = turnFor(task, session, dependencyText.get(task.id));
    const imageRefusal = imageRefusals.get(task.id);
    if ("refusal" in turn) refused.push({ task, message: turn.refusal });
    else if (imageRefusal !== undefined) refused.push({ task, message: imageRefusal });
    else runs.push(planRun(task, session ? { ref: session, made: null } : planNewSession(ctx, task), turn.payload));
  }
  // Runs also when no run is made: it notes that the lanes were served.
  const ids = new Set(await startTaskRuns(ctx.db, runs, { actor: actorName(ctx.actor), served: tasks }));
  const started = runs.filter(({ taskId }) => ids.has(taskId));
  await handOverToSessions(ctx, started.flatMap(imagesOf));
  for (const { runId } of started) ctx.wake(`events:${runId}`);
  if (started.length > 0) for (const topic of ["runs", "sessions"] as const) ctx.wake(topic);
  const made = started.filter(({ newSession }) => newSession !== null);
  return {
    started: started.length,
    refused,
    madeSessions: made.map(({ sessionId, tenantId, projectId }) => {
      return { sessionId, tenantId, projectId, storageRequestedBytes: null };
    }),
  };
}

/**
 * Returns, by task, the results of dependencies that its agent is given, for the tasks that ask for them. No statement
 * runs where none asks.
 */
async function readDependencyTexts(ctx: TxContext, tasks: QueueTaskRow[]): Promise<Map<string, string>> {
  const requesting = tasks.filter(({ dependencyResults }) => dependencyResults === "append");
  if (requesting.length === 0) return new Map();
  const results = await readResults(
    ctx,
    requesting.map(({ id }) => id),
  );
  return new Map([...results].map(([taskId, of]) => [taskId, handedText(of)]));
}

function toShowing({ id, sessionId, payload }: QueueTaskRow) {
  return { id, sessionId, payload: storedJson(payload) ?? {} };
}

function imagesOf({ taskId, sessionId, payload }: NewTaskRun) {
  return attachmentsIn(payload).map((attachmentId) => ({ attachmentId, sessionId, taskId }));
}

async function lockSessions(ctx: TxContext, sessionIds: string[]): Promise<Map<string, SessionRow>> {
  if (sessionIds.length === 0) return new Map();
  const rows = await ctx.db
    .select()
    .from(sessions)
    .where(sql`${sessions.sessionId} = any(${textArray(sessionIds)})`)
    .orderBy(sessions.sessionId)
    .for("no key update");
  return new Map(rows.map((row) => [row.sessionId, row]));
}

/**
 * Whether a session still is free: it may have been evicted or given a turn since it was read. Then the next pass looks
 * again.
 */
function isFree({ storageState, activeCommandId }: SessionRow): boolean {
  return storageState !== "deleting" && storageState !== "evicted" && activeCommandId === null;
}

type TurnSource = Pick<QueueTaskRow, "tenantId" | "projectId" | "backendProfile" | "title" | "payload">;

/**
 * Returns what a task's agent is asked, or why no run can ever be made of the task. `session` is the session that the
 * task names, if it exists. `handed` is the text with the results of its dependencies.
 */
export function turnFor(
  task: TurnSource,
  session: SessionRow | undefined,
  dependencyText: string | null = null,
): { payload: Record<string, unknown> } | { refusal: string } {
  const problem = session ? permanentProblemOf(task, session) : null;
  if (problem !== null) return { refusal: problem };
  const payload = turnOf(task, dependencyText);
  return payload === null ? { refusal: dependencyText === null ? TOO_LONG : TOO_LONG_WITH_RESULTS } : { payload };
}

/** Returns what no amount of waiting can fix, to be reported at once so that a person can decide; null: nothing. */
function permanentProblemOf(task: TurnSource, session: SessionRow): string | null {
  if (session.deletedAt !== null) return `session ${session.sessionId} is being deleted: use another`;
  const isOwn =
    session.tenantId === task.tenantId &&
    session.projectId === task.projectId &&
    session.backendProfile === task.backendProfile;
  return isOwn ? null : `session ${session.sessionId} belongs to another tenant, project or backend profile`;
}

/** Plans a session for a task that names none, or names one that does not exist. */
function planNewSession(
  ctx: TxContext,
  { sessionId, tenantId, projectId, backendProfile, title }: QueueTaskRow,
): TaskSession {
  const planned = planSession(ctx, sessionId ?? newId("session"), {
    owner: { tenantId, projectId },
    input: { backendProfile, title },
  });
  const { payloadHash, storagePvcName } = planned;
  return { ref: planned, made: { payloadHash, storagePvcName, auditId: newId("audit") } };
}

function planRun(task: QueueTaskRow, { ref, made }: TaskSession, payload: Record<string, unknown>): NewTaskRun {
  const [runId, commandId] = [newId("run"), newId("command")];
  const sessionRef = sessionRefOf(ref);
  const resourceBundleRef = refOf(task.resourceBundleRef);
  const { backendProfile } = task;
  const events = [
    statusEvent("run-created", { backendProfile, sessionRef, resourceBundleRef, taskId: task.id }),
    statusEvent("command-created", { commandId, commandType: "turn" }),
  ];
  return {
    runId,
    taskId: task.id,
    tenantId: task.tenantId,
    projectId: task.projectId,
    sessionId: ref.sessionId,
    newSession: made,
    providerId: task.providerId ?? "default",
    backendProfile,
    workspaceRef: refOf(task.workspaceRef) ?? { kind: "empty" },
    sessionRef,
    resourceBundleRef,
    // A task's run ends with its turn. A turn that was cut off is continued unless the task says otherwise.
    executionPolicy: { onLost: "continue", ...storedJson(task.executionPolicy), idleTimeoutMs: 0 },
    title: task.title,
    commandId,
    payload,
    payloadHash: payloadHash({ type: "turn", payload }),
    auditId: newId("audit"),
    events: events.map(({ type, payload }) => ({ id: newId("event"), type, payload: redactJson(payload) })),
  };
}

/** Returns a ref as it was given. Rows of an older release hold an empty object where none was given. */
function refOf(stored: Record<string, unknown> | null): Record<string, unknown> | null {
  const ref = storedJson(stored);
  return ref === null || Object.keys(ref).length === 0 ? null : ref;
}
