import { performance } from "node:perf_hooks";
import { splitHanded } from "@/contract/handed-text";
import {
  type ConversationPlace,
  moveConversationPlace,
  readChangedSessions,
  readConversationPlace,
  readSpokenEvents,
  readUnreadRuns,
  type SaidText,
  type SpokenEvent,
  storeSaid,
  type UnreadRun,
} from "@/db/queries/read-conversations";
import { inTx, type ServiceContext } from "@/server/context";

/** Maximum characters of a message that are indexed. */
export const SAID_MAX = 8_000;

/** How much is done at once: sessions and runs of a page, events of a step, and the time of a pass. */
const BOUNDS = { sessions: 200, runs: 200, events: 1_000, passMs: 5_000 };
export type IndexBounds = typeof BOUNDS;

/**
 * Indexes what people and agents said in sessions that changed since the last pass: a turn's end changes its session.
 * Reads each event once. A pass that runs out of time, or dies, is continued by the next one; an installation's
 * existing sessions are reached in the same steps. Returns the number of messages that were indexed.
 */
export async function indexConversations(ctx: ServiceContext, bounds: Partial<IndexBounds> = {}): Promise<number> {
  const { sessions, runs, events, passMs } = { ...BOUNDS, ...bounds };
  const endsAt = performance.now() + passMs;
  let indexed = 0;
  let place: ConversationPlace = await readConversationPlace(ctx.db);
  for (;;) {
    const changed = await readChangedSessions(ctx.db, place, sessions);
    const last = changed.at(-1);
    if (last === undefined) return indexed;
    const ids = changed.map(({ sessionId }) => sessionId);
    for (;;) {
      const unread = await readUnreadRuns(ctx.db, ids, runs);
      for (const run of unread) {
        indexed += await indexStep(ctx, run, events);
        if (performance.now() >= endsAt) return indexed;
      }
      if (unread.length === 0) break;
    }
    // The place moves once all before it is stored. Where another worker has moved it, that one goes on.
    if (!(await moveConversationPlace(ctx.db, place, last))) return indexed;
    if (changed.length < sessions || performance.now() >= endsAt) return indexed;
    place = { ...place, xid: last.xid, version: last.version };
  }
}

/** Indexes the next step of a run's events, and returns how many messages they hold. */
async function indexStep(ctx: ServiceContext, run: UnreadRun, events: number): Promise<number> {
  const throughSeq = Math.min(run.seq + events, run.lastSeq);
  const span = { runId: run.runId, afterSeq: run.seq, throughSeq };
  const { said, commandId } = saidIn(await readSpokenEvents(ctx.db, span, SAID_MAX), run.commandId);
  await inTx(ctx, (ctx) => storeSaid(ctx.db, run, { seq: throughSeq, commandId, said }));
  return said.length;
}

/** Returns what was said, each with its turn, and the turn under way at the end. */
function saidIn(events: readonly SpokenEvent[], openCommandId: string | null) {
  const said: SaidText[] = [];
  let commandId = openCommandId;
  for (const { seq, at, type, text, commandId: named } of events) {
    if (type === "backend_status") commandId = named;
    else if (type === "user_message") {
      // What was handed over with a message was said elsewhere.
      const { asked } = splitHanded(text ?? "");
      if (asked.trim() !== "") said.push({ seq, at, speaker: "user", commandId: named ?? commandId, text: asked });
    } else if (text !== null && text.trim() !== "") said.push({ seq, at, speaker: "agent", commandId, text });
  }
  return { said, commandId };
}
