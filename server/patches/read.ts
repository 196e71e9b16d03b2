import { and, asc, eq, sql } from "drizzle-orm";
import type { ReadPatchInput } from "@/contract/files";
import { readEventPage } from "@/db/queries/events/read-events";
import { runs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { toEvent } from "@/server/events";
import { getRun } from "@/server/runs";
import { requireSession } from "@/server/sessions";
import { MailboxWriter } from "./mailbox";
import { PATCH_EVENT_TYPES, type TurnPatch, TurnPatches } from "./turn-patches";

/** An event may hold half a megabyte for each of its files. */
const EVENTS_PAGE = 20;
const RUNS_PAGE = 100;

/**
 * Reads what the turns of a session changed, the oldest first, as messages that `git am` takes: all turns, those of one
 * run, or one. Throws `not-found` for a session or run that is not there.
 */
export async function* readPatch(ctx: ServiceContext, input: ReadPatchInput): AsyncGenerator<string> {
  const { sessionId } = await requireSession(ctx, input.sessionId);
  const mailbox = new MailboxWriter();
  for await (const runId of input.runId === undefined ? runIdsOf(ctx, sessionId) : [await ownRunId(ctx, input)])
    for await (const turn of readTurns(ctx, runId))
      if (input.turnId === undefined || turn.turnId === input.turnId) yield mailbox.write(turn);
  yield mailbox.end();
}

async function ownRunId(ctx: ServiceContext, { sessionId, runId = "" }: ReadPatchInput): Promise<string> {
  const run = await getRun(ctx, { runId });
  if (run.sessionRef?.sessionId !== sessionId) throw new NotFoundError("run", runId, `in session ${sessionId}`);
  return run.id;
}

/** The runs of a session, the oldest first. */
async function* runIdsOf(ctx: ServiceContext, sessionId: string): AsyncGenerator<string> {
  for (let last: { id: string; at: string } | undefined; ; ) {
    const after =
      last === undefined ? undefined : sql`(${runs.createdAt}, ${runs.id}) > (${last.at}::timestamptz, ${last.id})`;
    const page = await ctx.db
      .select({ id: runs.id, at: sql<string>`${runs.createdAt}::text` })
      .from(runs)
      .where(and(eq(runs.sessionId, sessionId), after))
      .orderBy(asc(runs.createdAt), asc(runs.id))
      .limit(RUNS_PAGE);
    for (const { id } of page) yield id;
    last = page.at(-1);
    if (page.length < RUNS_PAGE) return;
  }
}

async function* readTurns(ctx: ServiceContext, runId: string): AsyncGenerator<TurnPatch> {
  const turns = new TurnPatches();
  for (let afterSeq = 0; ; ) {
    const rows = await readEventPage(ctx.db, { runId, afterSeq, limit: EVENTS_PAGE, types: PATCH_EVENT_TYPES });
    for (const row of rows) yield* turns.add(toEvent(row));
    if (rows.length < EVENTS_PAGE) break;
    afterSeq = rows.at(-1)?.seq ?? afterSeq;
  }
  yield* turns.end();
}
