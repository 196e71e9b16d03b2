import { and, asc, eq, sql } from "drizzle-orm";
import { askToRepeat, sameRun } from "@/contract/again";
import { BulkRunFilter } from "@/contract/bulk";
import { turnPayload } from "@/contract/send-turn";
import { isTerminal } from "@/contract/words";
import { lockRun } from "@/db/queries/lock";
import { commands, type RunRow, runs } from "@/db/schema";
import { createCommand, toCommand } from "@/server/commands";
import { type TxContext, tenantOf } from "@/server/context";
import { AlreadyTerminalError, ConflictError, NotFoundError } from "@/server/errors";
import { cancelRun, createRun, matchesRuns, toRun } from "@/server/runs";
import { lockOwnSession } from "@/server/sessions";
import { DONE, type ItemOutcome, type Kind, UNCHANGED } from "./kind";
import { ENDED, firstReason, isSelected, RUN_TITLE } from "./selected";

const HAS_TURN = sql`exists (
  select from ${commands} where ${commands.runId} = ${runs.id} and ${commands.type} = 'turn'
    and coalesce(${commands.payload} ->> 'text', '') <> '')`;

export const RUNS: Kind = {
  source(ctx, selection) {
    const filter = selection.filter === undefined ? {} : BulkRunFilter.parse(selection.filter);
    return {
      from: sql`${runs}`,
      matches: and(isSelected(ctx, runs, selection), matchesRuns(ctx, filter)),
      id: sql`${runs.id}`,
      title: RUN_TITLE,
      order: [
        { key: sql`${runs.createdAt}`, isDescending: true },
        { key: sql`${runs.id}`, isDescending: true },
      ],
    };
  },
  skip: (_ctx, { action }) =>
    action === "cancel"
      ? firstReason([
          [sql`${runs.status} not in ('pending', 'claimed')`, ENDED],
          [sql`${runs.cancelRequestedAt} is not null`, "it is being cancelled"],
        ])
      : firstReason([
          [sql`${runs.status} <> 'failed'`, "it has not failed"],
          [sql`${runs.taskId} is not null`, OF_TASK],
          [sql`not ${HAS_TURN}`, NOTHING_ASKED],
        ]),
  act: (ctx, { targetId, action, reason }) =>
    action === "cancel" ? cancel(ctx, targetId, reason) : runAgain(ctx, targetId),
};

const OF_TASK = "it is an attempt of a task: retry the task, within its queue's limits";
const NOTHING_ASKED = "nothing was asked of it that could be asked again";

/** Cancels a run unless that is under way already. */
export async function cancel(ctx: TxContext, runId: string, reason: string | null): Promise<ItemOutcome> {
  const { run } = await lockOwnRun(ctx, runId);
  if (run.status === "cancelled" || (!isTerminal(run.status) && run.cancelRequestedAt !== null)) return UNCHANGED;
  await cancelRun(ctx, { runId, ...(reason === null ? {} : { reason }) });
  return DONE;
}

async function lockOwnRun(ctx: TxContext, runId: string) {
  const locked = await lockRun(ctx.db, runId, tenantOf(ctx));
  if (!locked) throw new NotFoundError("run", runId);
  return locked;
}

/** Creates a run like the failed one, and asks it for what that one did not do. */
async function runAgain(ctx: TxContext, runId: string): Promise<ItemOutcome> {
  const { run } = await lockOwnRun(ctx, runId);
  assertFailed(run);
  const turns = await ctx.db
    .select()
    .from(commands)
    .where(and(eq(commands.runId, runId), eq(commands.type, "turn")))
    .orderBy(asc(commands.seq));
  const question = askToRepeat(turns.map(toCommand));
  if (question.text.trim() === "") throw new ConflictError("no-open-command", NOTHING_ASKED);
  // A session that is gone is not made again, as a run naming an unknown session would do.
  if (run.sessionId !== null) await lockOwnSession(ctx, run.sessionId);
  const created = await createRun(ctx, sameRun(toRun(run, null)));
  await createCommand(ctx, { runId: created.id, type: "turn", payload: turnPayload(question) });
  return { outcome: "done", madeId: created.id };
}

function assertFailed(run: RunRow): void {
  if (run.status !== "failed") {
    if (isTerminal(run.status)) throw new AlreadyTerminalError("run", run.id, run.status, run.failureKind);
    throw new ConflictError("run-live", `run ${run.id} is ${run.status}: only what has failed is retried`);
  }
  if (run.taskId !== null) throw new ConflictError("run-live", OF_TASK);
}
