import { and, asc, desc, eq, inArray, sql } from "drizzle-orm";
import { OPEN_COMMAND_STATES } from "@/contract/command";
import { prepared } from "@/db/queries/sql/prepared";
import { commands, runs, type SessionRow } from "@/db/schema";
import type { TxContext } from "@/server/context";

type OpenTurnState = Pick<
  SessionRow,
  "executionState" | "activeRunId" | "activeCommandId" | "terminalStatus" | "failureKind"
>;

const firstOpenTurn = prepared("open-turn", (db) =>
  db
    .select({ id: commands.id, runId: commands.runId })
    .from(commands)
    .innerJoin(runs, eq(runs.id, commands.runId))
    .where(
      and(
        eq(runs.sessionId, sql.placeholder("sessionId")),
        // An old terminal run may hold commands that nobody ended.
        inArray(runs.status, ["pending", "claimed"]),
        eq(commands.type, "turn"),
        inArray(commands.state, [...OPEN_COMMAND_STATES]),
      ),
    )
    .orderBy(
      desc(sql`${runs.status} = 'claimed'`),
      desc(sql`${commands.state} = 'acknowledged'`),
      asc(commands.createdAt),
      asc(commands.seq),
    )
    .limit(1),
);

/**
 * Returns what a locked session shows while a turn of any of its runs is open: the turn under way, else the one that
 * has waited longest. null: no turn is open.
 */
export async function openTurnState(ctx: TxContext, sessionId: string): Promise<OpenTurnState | null> {
  const [turn] = await firstOpenTurn(ctx.db).execute({ sessionId });
  if (!turn) return null;
  return {
    executionState: "running",
    activeRunId: turn.runId,
    activeCommandId: turn.id,
    terminalStatus: null,
    failureKind: null,
  };
}
