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

/** A command, and the id to go on from: one that is told again, to be cancelled, does not move it. */
export type WatchedCommand = { id: string; command: Command };

/** A run's commands after a seq, then as they come; each again when it is to be cancelled. Ends with the run. */
export async function* watchCommands(
  ctx: ServiceContext,
  live: Live,
  input: WatchRunInput,
  signal: AbortSignal,
): AsyncGenerator<WatchedCommand> {
  await getRun(ctx, { runId: input.runId });
  let seq = startSeq(input);
  const toldCancelled = new Set<string>();
  const wake = new WakeSignal();
  const unsubscribe = live.hub.subscribe(`commands:${input.runId}`, wake.set);
  try {
    while (!signal.aborted) {
      // Asked before the read: a run that has ended gets no more commands.
      const hasEnded = live.hasEnded(input.runId);
      const before = seq;
      const page = await readCommands(ctx, input.runId, seq);
      for (const command of page) {
        const isNew = command.seq > seq;
        if (!isNew && toldCancelled.has(command.id)) continue;
        if (command.cancelRequestedAt !== null) toldCancelled.add(command.id);
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

/** What is to be cancelled of what was told before, then what is new. */
async function readCommands(ctx: ServiceContext, runId: string, afterSeq: number): Promise<Command[]> {
  const told = and(
    eq(commands.runId, runId),
    sql`${commands.state} in ('pending', 'acknowledged')`,
    isNotNull(commands.cancelRequestedAt),
    lte(commands.seq, afterSeq),
  );
  const cancelled = await ctx.db
    .select()
    .from(commands)
    .where(told)
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
