import { desc, eq } from "drizzle-orm";
import { isTerminal, type Run } from "@/contract/run";
import {
  type ReadTimelineInput,
  TIMELINE_SPANS_MAX,
  TIMELINE_STRETCHES_MAX,
  type TimelinePage,
} from "@/contract/timeline";
import { readTimelineSteps } from "@/db/queries/events/read-timeline-steps";
import { runnerJobs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { decodeFold, encodeFold } from "@/server/pagination";
import { getRun } from "@/server/runs";
import { bundleSpans, bundleStretches } from "./bundle";
import { TimelineFold } from "./fold";
import { iso, keyOf, type Launch } from "./spans";
import { FoldState, NAMES_MAX, startState } from "./state";

const SEQ_MAX = 2_147_483_647;

/**
 * Returns a page of a run's timeline: what happened when, and what took up the time in between. It reads one bounded
 * range of the run's events. The cursor carries what was under way at the end of the page, so that no page reads the
 * events of another.
 */
export async function readTimeline(ctx: ServiceContext, input: ReadTimelineInput): Promise<TimelinePage> {
  const run = await getRun(ctx, { runId: input.runId });
  const before =
    input.cursor === undefined
      ? startState(run, Date.parse(run.createdAt))
      : decodeFold(FoldState, run.id, input.cursor);
  const launches = await readLaunches(ctx, run.id);
  const throughSeq = Math.min(before.seq + input.limit, SEQ_MAX);
  const steps = await readTimelineSteps(ctx.db, { runId: run.id, afterSeq: before.seq, throughSeq });
  const fold = new TimelineFold(before, launches);
  for (const step of steps) fold.add(step);
  // The steps already include events that came after the run was read. Events that do not exist are skipped.
  fold.passTo(Math.min(throughSeq, run.lastEventSeq));
  const isRead = throughSeq >= run.lastEventSeq;
  // The log may lack the end of the run: retention removed it, or an older release never wrote it.
  if (isRead && isTerminal(run.status)) fold.end(Date.parse(run.updatedAt));
  return toPage(run, before, fold, isRead);
}

function toPage(run: Run, before: FoldState, fold: TimelineFold, isRead: boolean): TimelinePage {
  const underWay = fold.underWay();
  // What is under way at the end of any page but the last most likely ends in the next one.
  const spans = [...fold.spans, ...underWay.spans];
  const openKeys = new Set(before.open.map(keyOf));
  const { state } = fold;
  return {
    runId: run.id,
    status: run.status,
    startedAt: iso(state.startMs),
    endedAt: state.endMs === null ? null : iso(state.endMs),
    spans: bundleSpans(spans, openKeys, TIMELINE_SPANS_MAX),
    stretches: [
      ...bundleStretches(fold.stretches, TIMELINE_STRETCHES_MAX),
      ...(underWay.stretch === null ? [] : [underWay.stretch]),
    ],
    totals: state.totals,
    readAt: iso(state.atMs),
    readSeq: state.seq,
    lastSeq: Math.max(run.lastEventSeq, state.seq),
    cursor: isRead && state.endMs !== null ? null : encodeFold(state),
  };
}

async function readLaunches(ctx: ServiceContext, runId: string): Promise<Launch[]> {
  const rows = await ctx.db
    .select({
      attemptId: runnerJobs.attemptId,
      runnerId: runnerJobs.runnerId,
      state: runnerJobs.state,
      createdAt: runnerJobs.createdAt,
      endedAt: runnerJobs.endedAt,
    })
    .from(runnerJobs)
    .where(eq(runnerJobs.runId, runId))
    .orderBy(desc(runnerJobs.createdAt))
    .limit(NAMES_MAX);
  return rows
    .map(({ createdAt, endedAt, ...job }) => ({
      ...job,
      launchedMs: createdAt.getTime(),
      endedMs: endedAt?.getTime() ?? null,
    }))
    .toReversed();
}
