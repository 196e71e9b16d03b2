import { desc, eq } from "drizzle-orm";
import type { Run } from "@/contract/run";
import { TIMELINE_EVENTS_MAX, type TimelinePage, type TimelineSpan } from "@/contract/timeline";
import { type ModelCallRow, modelCalls } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { readTimeline } from "@/server/timeline";

/** The maximum of spans for one run; the rest is only counted. */
export const SPANS_PER_RUN_MAX = 2_000;
/** Half a million events. What a longer run did after them is left out. */
const PAGES_MAX = 100;

/** How a run's time was spent, as far as it was read, and its spans. */
export type WholeRun = Pick<TimelinePage, "startedAt" | "endedAt" | "totals"> & {
  run: Run;
  spans: TimelineSpan[];
  /** The last calls, the newest first. */
  calls: ModelCallRow[];
  callsLeftOut: number;
  eventsLeftOut: number;
};

/** Reads a run's timeline to its end, or until it is stopped: a long run takes seconds. */
export async function readWhole(ctx: ServiceContext, run: Run, stop: AbortSignal): Promise<WholeRun> {
  const spans = new Map<string, TimelineSpan>();
  const query = { runId: run.id, limit: TIMELINE_EVENTS_MAX };
  let page = await readTimeline(ctx, query);
  for (let pages = 1; ; pages += 1) {
    // A later page repeats a span that was under way, once it has ended.
    for (const span of page.spans) spans.set(span.key, span);
    if (page.cursor === null || pages === PAGES_MAX) break;
    stop.throwIfAborted();
    page = await readTimeline(ctx, { ...query, cursor: page.cursor });
  }
  const { startedAt, endedAt, totals, lastSeq, readSeq } = page;
  const ended = { startedAt, endedAt, totals, eventsLeftOut: lastSeq - readSeq };
  return { run, spans: [...spans.values()], ...ended, ...(await readCalls(ctx.db, run.id)) };
}

async function readCalls(db: ServiceContext["db"], runId: string): Promise<Pick<WholeRun, "calls" | "callsLeftOut">> {
  const ofRun = eq(modelCalls.runId, runId);
  const calls = await db
    .select()
    .from(modelCalls)
    .where(ofRun)
    .orderBy(desc(modelCalls.startedAt), desc(modelCalls.id))
    .limit(SPANS_PER_RUN_MAX);
  if (calls.length < SPANS_PER_RUN_MAX) return { calls, callsLeftOut: 0 };
  return { calls, callsLeftOut: Math.max(0, (await db.$count(modelCalls, ofRun)) - calls.length) };
}

/** What each span of a run says, so that any of them is found by it. */
export function commonOf({ id, tenantId, projectId, sessionRef }: Run): Record<string, string | null> {
  const sessionId = typeof sessionRef?.sessionId === "string" ? sessionRef.sessionId : null;
  return {
    "agentrun.tenant": tenantId,
    "agentrun.project": projectId,
    "agentrun.run": id,
    "agentrun.session": sessionId,
    "gen_ai.conversation.id": sessionId,
  };
}
