import { and, asc, eq, gt, isNotNull, lte, sql } from "drizzle-orm";
import type { Command } from "@/contract/command";
import { COMMANDS_LIMIT_MAX } from "@/contract/page";
import type { WatchRunInput } from "@/contract/watch";
import { commands } from "@/db/schema";
import { toCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { getRun } from "@/server/runs";
import { WakeSignal } from "./hub";
import type { Live } from "./live";
import { startSeq } from "./watch-events";

/** A command, and the id to continue from: a command repeated because it is to be cancelled does not move it. */
export type WatchedCommand = { id: string; command: Command };

/** Yields a run's commands after a seq, then new ones; each again when it is to be cancelled. Ends with the run. */
export async function* watchCommands(
  ctx: ServiceContext,
  live: Live,
  input: WatchRunInput,
  signal: AbortSignal,
): AsyncGenerator<WatchedCommand> {
  await getRun(ctx, { runId: input.runId });
  let seq = startSeq(input);
  const reportedCancelled = new Set<string>();
  const wake = new WakeSignal();
  const unsubscribe = live.hub.subscribe(`commands:${input.runId}`, wake.set);
  try {
    while (!signal.aborted) {
      // Checked before the read: a run that has ended gets no more commands.
      const hasEnded = live.hasEnded(input.runId);
      const before = seq;
      const page = await readCommands(ctx, input.runId, seq);
      for (const command of page) {
        const isNew = command.seq > seq;
        if (!isNew && reportedCancelled.has(command.id)) continue;
        if (command.cancelRequestedAt !== null) reportedCancelled.add(command.id);
        if (isNew) seq = command.seq;
        yield { id: String(seq), command };
        if (signal.aborted) return;
      }
      if (seq - before >= COMMANDS_LIMIT_MAX) continue;
      if (hasEnded) return;
      await wake.next(signal);
    }
  } finally {
    unsubscribe();
  }
}

/** Returns known commands that are to be cancelled, then new ones. */
async function readCommands(ctx: ServiceContext, runId: string, afterSeq: number): Promise<Command[]> {
  const isCancelRequested = and(
    eq(commands.runId, runId),
    sql`${commands.state} in ('pending', 'acknowledged')`,
    isNotNull(commands.cancelRequestedAt),
    lte(commands.seq, afterSeq),
  );
  const cancelled = await ctx.db
    .select()
    .from(commands)
    .where(isCancelRequested)
    .orderBy(asc(commands.seq))
    .limit(COMMANDS_LIMIT_MAX);
  const fresh = await ctx.db
    .select()
    .from(commands)
    .where(and(eq(commands.runId, runId), gt(commands.seq, afterSeq)))
    .orderBy(asc(commands.seq))
    .limit(COMMANDS_LIMIT_MAX);
  return [...cancelled, ...fresh].map(toCommand);
}
