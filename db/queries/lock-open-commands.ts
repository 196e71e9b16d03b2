import { and, eq, inArray, sql } from "drizzle-orm";
import { OPEN_COMMAND_STATES } from "@/contract/command";
import type { Tx } from "@/db/client";
import { prepared } from "@/db/queries/sql/prepared";
import { type CommandRow, commands } from "@/db/schema";

const lockedOpenCommands = prepared("lock-open-commands", (db) =>
  db
    .select()
    .from(commands)
    .where(and(eq(commands.runId, sql.placeholder("runId")), inArray(commands.state, [...OPEN_COMMAND_STATES])))
    .orderBy(commands.id)
    .for("no key update"),
);

/** Locks the open commands of a locked run, in the one lock order, and answers them in that of their seqs. */
export async function lockOpenCommands(tx: Tx, runId: string): Promise<CommandRow[]> {
  const open = await lockedOpenCommands(tx).execute({ runId });
  return open.sort((left, right) => left.seq - right.seq);
}
