import { sql } from "drizzle-orm";
import type { CreateTaskInput, TaskTrial } from "@/contract/queue";
import type { Tx } from "@/db/client";
import { DEPENDENCIES_LISTED, type FoundDependency, type OpenDependencies } from "@/db/queries/queue/dependencies";
import type { CheckedTask } from "@/db/queries/queue/insert-tasks";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { isExpired, predictRefusal, simulateDispatch } from "@/server/dispatcher";
import { evaluateRequest, prepareTask, type TaskRequest } from "./add-tasks";
import { hasFailed, isSatisfied, policyOf } from "./dependencies";
import { findPosition } from "./explain-task";
import { blockerOf, dependencyBlocker, readWaitReasons } from "./wait-reasons";

/**
 * Predicts what adding a task now would come to, using the same code that judges new tasks, chooses tasks and explains
 * waits. It reads one snapshot in a transaction that cannot write. Throws what would refuse the task.
 */
export async function simulateTask(ctx: ServiceContext, input: CreateTaskInput): Promise<TaskTrial> {
  const request = await prepareTask(ctx, input);
  return inTx(ctx, async (ctx) => {
    await beginSnapshot(ctx.db);
    const found = await evaluateRequest(ctx, request);
    if ("judged" in found) return predictOutcome(ctx, request, found);
    const { existing } = found;
    const message = `its key has made a task already, which is ${existing.state}: none is added`;
    return { ...emptyTrial(existing), outcome: "exists", message, taskId: existing.id };
  });
}

/** From here on everything is read from one snapshot, and nothing can be written. */
async function beginSnapshot(tx: Tx): Promise<void> {
  await tx.execute(sql`set transaction isolation level repeatable read, read only`);
}

type EvaluatedTask = { judged: CheckedTask; comesAfter: FoundDependency[] };

async function predictOutcome(
  ctx: TxContext,
  request: TaskRequest,
  { judged, comesAfter }: EvaluatedTask,
): Promise<TaskTrial> {
  const task = waitingTask(request, judged);
  const trial = emptyTrial(task);
  if (isExpired(task)) return { ...trial, outcome: "expires", message: "its expiry is over: it fails without a start" };
  const refusal = await predictRefusal(ctx, { ...task, title: request.row.title, payload: request.content.payload });
  if (refusal !== null) return { ...trial, outcome: "refused", message: refusal };
  if (request.row.hold !== null) {
    const failed = policyOf(request) === "fail" ? comesAfter.find(({ state }) => hasFailed(state)) : undefined;
    if (failed)
      return { ...trial, outcome: "refused", message: `it fails at once, as ${failed.id} that it comes after has` };
    const blocker = dependencyBlocker(openDependenciesOf(request, comesAfter));
    const position = await findPosition(ctx, { ...task, blockedOn: null }, blocker);
    return { ...trial, ...position, outcome: "waits", message: blocker.message, blocker };
  }
  if (ctx.settings.executor === "none" || task.notBefore !== null) {
    const blocker = (await readWaitReasons(ctx, [task])).get(task.id) ?? null;
    if (blocker === null) throw new Error("a task that waits has no reason");
    const position = await findPosition(ctx, { ...task, blockedOn: null }, blocker);
    return { ...trial, ...position, outcome: "waits", message: blocker.message, blocker };
  }
  const { isChosen, ledger } = await simulateDispatch(ctx, { runnersMax: ctx.settings.runnersMax }, task);
  if (isChosen) {
    const position = await findPosition(ctx, { ...task, blockedOn: null }, null);
    const now = new Date().toISOString();
    const message = "nothing holds it up: it is dispatched at once";
    return { ...trial, ...position, outcome: "dispatched", message, estimatedStartAt: now };
  }
  const blocker = blockerOf(task, ledger, tenantOf(ctx));
  // Behind a lane that is held up, nobody looks at what else a task waits for.
  const blockedOn = ledger.laneBlock(task) === null ? (ledger.taskBlock(task)?.on ?? null) : null;
  const position = await findPosition(ctx, { ...task, blockedOn }, blocker);
  return { ...trial, ...position, outcome: "waits", message: blocker.message, blocker };
}

/** Returns the dependencies that the task would wait for, as they would be read once it was stored. */
function openDependenciesOf(request: TaskRequest, comesAfter: FoundDependency[]): OpenDependencies {
  const open = [...new Map(comesAfter.map((task) => [task.id, task])).values()].filter(
    ({ state }) => !isSatisfied(policyOf(request), state),
  );
  const failed = open.filter(({ state }) => hasFailed(state));
  const tasks = [...failed, ...open.filter(({ state }) => !hasFailed(state))];
  return {
    count: open.length,
    failed: failed.length,
    tasks: tasks.slice(0, DEPENDENCIES_LISTED).map(({ id, title, state }) => ({ taskId: id, title, state })),
  };
}

/** Returns the task as its row would be. */
function waitingTask({ row }: TaskRequest, { concurrencyKey, notBefore, createdAt }: CheckedTask) {
  const { id, tenantId, projectId, queue, lane, priority, backendProfile, sessionId } = row;
  return {
    id,
    tenantId,
    projectId,
    queue,
    lane,
    priority,
    backendProfile,
    sessionId,
    concurrencyKey,
    state: "pending" as const,
    notBefore,
    parkedAt: null,
    parkedUntil: null,
    attemptCount: 0,
    attemptsBefore: 0,
    createdAt,
    expiresAt: row.expiresAt === null ? null : new Date(row.expiresAt),
  };
}

function emptyTrial(task: TaskTrial["task"]): Omit<TaskTrial, "outcome" | "message"> {
  const { tenantId, projectId, queue, lane, priority, backendProfile, sessionId, concurrencyKey } = task;
  return {
    task: { tenantId, projectId, queue, lane, priority, backendProfile, sessionId, concurrencyKey },
    taskId: null,
    blocker: null,
    rank: null,
    isRankBounded: false,
    estimatedStartAt: null,
    asOf: new Date().toISOString(),
  };
}
