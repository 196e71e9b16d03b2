import { and, eq } from "drizzle-orm";
import type { ReadyTask } from "@/db/queries/queue/dispatch";
import { type QueueTaskRow, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { chooseNext } from "./choose-next";
import { LimitLedger } from "./limit-ledger";
import { type Capacity, type DispatchLimits, readBusy, readLimits } from "./limits";
import { turnFor } from "./start-runs";

/** The maximum of tasks that are looked at before the given one. Where more may start at once, nobody waits long. */
const SIMULATED_MAX = 500;

type SimulatedDispatch = {
  isChosen: boolean;
  /** What is left of every limit once the tasks that start before this one, or instead of it, are gone. */
  ledger: LimitLedger;
};

/**
 * Predicts whether the next pass would take a task if it were ready now, with the functions that a pass uses. Writes
 * nothing and locks nothing.
 */
export async function simulateDispatch(
  ctx: ServiceContext,
  capacity: Capacity,
  task: ReadyTask,
): Promise<SimulatedDispatch> {
  const facts = await readLimits(ctx, capacity);
  const chosen = await simulatePass(ctx, facts, task);
  const ledger = new LimitLedger({ ...facts, busySessions: await readBusy(ctx, [task]) });
  for (const other of chosen) if (other.id !== task.id) ledger.take(other);
  return { isChosen: chosen.some(({ id }) => id === task.id), ledger };
}

/**
 * Returns what a whole pass would take. A pass notes blocked tasks and looks behind them in its next batch; here they
 * are passed over.
 */
async function simulatePass(ctx: ServiceContext, facts: DispatchLimits, task: ReadyTask): Promise<ReadyTask[]> {
  const ledger = new LimitLedger({ ...facts, busySessions: new Map() });
  const max = Math.min(ledger.free, SIMULATED_MAX);
  if (max === 0) return [];
  for (const skipped = new Set<string>(); ; ) {
    const { chosen, blocked } = await chooseNext(ctx, facts, { max, ledger, skipped, newcomer: task });
    const isReached = [...chosen, ...blocked.map((entry) => entry.task)].some(({ id }) => id === task.id);
    if (isReached || blocked.length === 0 || chosen.length === max || skipped.size >= SIMULATED_MAX) return chosen;
    for (const entry of blocked) skipped.add(entry.task.id);
  }
}

type UnstartedTask = Pick<
  QueueTaskRow,
  "tenantId" | "projectId" | "backendProfile" | "sessionId" | "title" | "payload"
>;

/** Returns why no run could ever be made of a task as it stands; null: a run can be made. */
export async function predictRefusal(ctx: ServiceContext, task: UnstartedTask): Promise<string | null> {
  const { sessionId, tenantId } = task;
  const [session] =
    sessionId === null
      ? []
      : await ctx.db
          .select()
          .from(sessions)
          .where(and(eq(sessions.sessionId, sessionId), eq(sessions.tenantId, tenantId)));
  const turn = turnFor(task, session);
  return "refusal" in turn ? turn.refusal : null;
}
