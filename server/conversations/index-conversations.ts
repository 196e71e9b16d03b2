import { performance } from "node:perf_hooks";
import { splitHanded } from "@/contract/handed-text";
import { isDatabaseDown } from "@/db/errors";
import {
  type ConversationPosition,
  type MessageText,
  moveConversationPosition,
  readChangedSessions,
  readConversationPosition,
  readSpokenEvents,
  readUnreadRuns,
  type SpokenEvent,
  storeMessages,
  type UnreadRun,
} from "@/db/queries/conversations/read";
import { inTx, type ServiceContext } from "@/server/context";

/** Maximum characters of a message that are indexed. */
export const SAID_MAX = 8_000;

/** How much is done at once: sessions and runs of a page, events of a step, characters stored, the time of a pass. */
const BOUNDS = { sessions: 200, runs: 200, events: 1_000, chars: 256 * 1_024, passMs: 5_000 };
export type IndexBounds = typeof BOUNDS;

/** Passes that try a message that cannot be stored, before it is left out. */
const TRIES_MAX = 5;
/** Runs of which a step failed: how many events the next step has, and how often a single one failed in a row. */
const troubled = new Map<string, { events: number; tries: number }>();

type Pass = { bounds: IndexBounds; endsAt: number; indexed: number };
const isOver = ({ endsAt }: Pass) => performance.now() >= endsAt;

/**
 * Indexes what people and agents said in sessions that changed since the last pass: a turn's end changes its session.
 * Reads each event once. A pass that runs out of time, or dies, is continued by the next one; an installation's
 * existing sessions are reached in the same steps. Returns the number of messages that were indexed.
 */
export async function indexConversations(ctx: ServiceContext, given: Partial<IndexBounds> = {}): Promise<number> {
  const bounds = { ...BOUNDS, ...given };
  const pass: Pass = { bounds, endsAt: performance.now() + bounds.passMs, indexed: 0 };
  let place: ConversationPosition = await readConversationPosition(ctx.db);
  for (;;) {
    const changed = await readChangedSessions(ctx.db, place, bounds.sessions);
    if (changed.length === 0) return pass.indexed;
    const ids = changed.map(({ sessionId }) => sessionId);
    const swept = await sweep(ctx, pass, ids);
    const last = changed[swept - 1];
    // The place moves once all before it is stored. Where another worker has moved it, that one goes on.
    if (last === undefined || !(await moveConversationPosition(ctx.db, place, last))) return pass.indexed;
    if (swept < bounds.sessions || isOver(pass)) return pass.indexed;
    place = { ...place, xid: last.xid, version: last.version };
  }
}

/**
 * Indexes the unread events of these sessions, each run once and as far as it had come: a run that is under way would
 * never be at its end, and what it adds comes with a later change of its session. Returns how many of the sessions,
 * from the first on, are indexed whole.
 */
async function sweep(ctx: ServiceContext, pass: Pass, sessionIds: readonly string[]): Promise<number> {
  const { runs } = pass.bounds;
  let whole = sessionIds.length;
  let after = { place: 0, runId: "" };
  for (;;) {
    const unread = await readUnreadRuns(ctx.db, sessionIds, runs, after);
    for (const run of unread) {
      const isWhole = await indexRun(ctx, pass, run);
      if (!isWhole || isOver(pass)) whole = Math.min(whole, run.place - 1);
      if (isOver(pass)) return whole;
    }
    const last = unread.at(-1);
    if (last === undefined || unread.length < runs) break;
    after = last;
  }
  // A run in trouble keeps the place before its session, so none is left.
  if (whole === sessionIds.length) troubled.clear();
  return whole;
}

/**
 * Indexes a run in steps, up to the seq that it was found with. A step that fails is tried again with half its events,
 * and a message that still fails after some passes is left out: nothing that one run holds stops the others for ever.
 * Returns whether all was read.
 */
async function indexRun(ctx: ServiceContext, pass: Pass, run: UnreadRun): Promise<boolean> {
  const { runId, lastSeq } = run;
  const reading = { ...run };
  while (reading.seq < lastSeq) {
    const { events, tries } = troubled.get(runId) ?? { events: pass.bounds.events, tries: 0 };
    const isLeftOut = tries >= TRIES_MAX;
    const seq = reading.seq + 1;
    try {
      if (isLeftOut) {
        await store(ctx, pass, { reading, read: { seq, commandId: reading.commandId, said: [] } });
        ctx.log.error({ runId, seq }, "a message cannot be indexed: searches leave it out");
        troubled.set(runId, { events, tries: tries - 1 });
      } else {
        await indexStep(ctx, pass, { reading, events });
        if (events * 2 >= pass.bounds.events) troubled.delete(runId);
        else troubled.set(runId, { events: events * 2, tries: 0 });
      }
    } catch (error) {
      if (isDatabaseDown(error)) throw error;
      if (events > 1) troubled.set(runId, { events: Math.floor(events / 2), tries });
      else {
        troubled.set(runId, { events, tries: tries + 1 });
        // Around the database's own error stands what the statement held, which is no matter for a log.
        const err = error instanceof Error ? (error.cause ?? error) : error;
        ctx.log.warn({ err, runId, seq, tries: tries + 1 }, "could not index a message: it is tried again");
        if (isLeftOut || tries + 1 < TRIES_MAX) return false;
      }
    }
    if (isOver(pass)) break;
  }
  return reading.seq >= lastSeq;
}

type Read = { seq: number; commandId: string | null; said: MessageText[] };

/** Indexes the next step of a run's events. */
async function indexStep(
  ctx: ServiceContext,
  pass: Pass,
  { reading, events }: { reading: UnreadRun; events: number },
): Promise<void> {
  const { runId, seq: afterSeq, commandId, lastSeq } = reading;
  const throughSeq = Math.min(afterSeq + events, lastSeq);
  const spoken = await readSpokenEvents(ctx.db, { runId, afterSeq, throughSeq }, SAID_MAX);
  for (const read of partsOf(spoken, { commandId, throughSeq, charsMax: pass.bounds.chars }))
    await store(ctx, pass, { reading, read });
}

/** Stores what was said, and notes in `reading` how far it was read. */
async function store(
  ctx: ServiceContext,
  pass: Pass,
  { reading, read }: { reading: UnreadRun; read: Read },
): Promise<void> {
  await inTx(ctx, (ctx) => storeMessages(ctx.db, reading, read));
  reading.seq = read.seq;
  reading.commandId = read.commandId;
  pass.indexed += read.said.length;
}

/**
 * Returns what was said, each with its turn, in parts that one statement stores in time; with each, how far it goes and
 * the turn under way there.
 */
function partsOf(
  events: readonly SpokenEvent[],
  {
    commandId: openCommandId,
    throughSeq,
    charsMax,
  }: { commandId: string | null; throughSeq: number; charsMax: number },
): Read[] {
  const parts: Read[] = [];
  let said: MessageText[] = [];
  let chars = 0;
  let commandId = openCommandId;
  for (const event of events) {
    if (event.type === "backend_status") {
      commandId = event.commandId;
      continue;
    }
    const message = messageOf(event, commandId);
    if (message === null) continue;
    if (said.length > 0 && chars + message.text.length > charsMax) {
      parts.push({ seq: event.seq - 1, commandId, said });
      said = [];
      chars = 0;
    }
    said.push(message);
    chars += message.text.length;
  }
  parts.push({ seq: throughSeq, commandId, said });
  return parts;
}

/** null: nothing was said. */
function messageOf(
  { seq, at, type, text, commandId: named }: SpokenEvent,
  commandId: string | null,
): MessageText | null {
  if (type === "user_message") {
    // What was handed over with a message was said elsewhere.
    const { asked } = splitHanded(text ?? "");
    return asked.trim() === "" ? null : { seq, at, speaker: "user", commandId: named ?? commandId, text: asked };
  }
  return text === null || text.trim() === "" ? null : { seq, at, speaker: "agent", commandId, text };
}
