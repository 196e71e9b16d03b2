import type { CreateTaskInput } from "@/contract/queue";
import { type FinishRunInput, isTerminal } from "@/contract/run";
import { ackCommand, finishCommand, listCommands } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { createTask } from "@/server/queue";
import { claimRun, finishRun } from "@/server/runs";
import { createTestStore, type TestStore } from "@/server/storage/test/context";
import { dispatchTasks } from "..";

/** Makes a context whose worker would dispatch, as if on one machine, but without runners. */
export function asDispatcher(ctx: ServiceContext, runnersMax = 1_000): ServiceContext {
  return { ...ctx, settings: { ...ctx.settings, executor: "local", runnersMax } };
}

export type TestQueue = AsyncDisposable & {
  store: TestStore;
  ctx: ServiceContext;
  /** Makes another caller with a pool of its own. */
  other(): ServiceContext;
  add(input?: Partial<CreateTaskInput>): Promise<string>;
  dispatch(runnersMax?: number): Promise<number>;
};

/** Makes an empty queue with helpers for a test. `runnersMax`: the installation's limit, for every caller. */
export async function createTestQueue(runnersMax = 1_000): Promise<TestQueue> {
  const store = await createTestStore();
  const ctx = asDispatcher(store.as(), runnersMax);
  let count = 0;
  return {
    store,
    ctx,
    other: () => asDispatcher(store.as(), runnersMax),
    async add(input = {}) {
      count += 1;
      const task = await createTask(ctx, {
        ...{ title: `task ${count}`, backendProfile: "demo", payload: { text: `do ${count}` } },
        ...input,
      });
      return task.id;
    },
    dispatch: (max = runnersMax) => dispatchTasks(ctx, { runnersMax: max }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

export type RunEnd = Pick<FinishRunInput, "terminalStatus" | "failureKind" | "failureMessage">;

/** Claims a run as its runner does, ends its turn and then the run. */
export async function playRun(ctx: ServiceContext, runId: string, end?: RunEnd): Promise<void> {
  const runnerId = `runner-of-${runId}`;
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId });
  await endClaimed(ctx, { runId, runnerId, leaseEpoch }, end);
}

/** Ends the turn of a claimed run as given, and then the run. */
export async function endClaimed(
  ctx: ServiceContext,
  { runId, runnerId, leaseEpoch }: { runId: string; runnerId: string; leaseEpoch: number },
  end: RunEnd = { terminalStatus: "completed" },
): Promise<void> {
  const [turn] = (await listCommands(ctx, { runId, afterSeq: 0, limit: 1 })).items;
  // If a player was killed here before, the turn has ended already, and only the run is left.
  if (turn && !isTerminal(turn.state)) {
    await ackCommand(ctx, { commandId: turn.id, leaseEpoch });
    await finishCommand(ctx, { ...end, commandId: turn.id, leaseEpoch });
  }
  await finishRun(ctx, { runId, runnerId, leaseEpoch, terminalStatus: "completed" });
}
