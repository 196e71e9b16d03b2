import { desc, eq } from "drizzle-orm";
import { isTerminal, type Run } from "@/contract/run";
import {
  type ReadTimelineInput,
  TIMELINE_SPANS_MAX,
  TIMELINE_STRETCHES_MAX,
  type TimelinePage,
} from "@/contract/timeline";
import { readTimelineSteps } from "@/db/queries/read-timeline-steps";
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
 * A page of a run's timeline: what happened when, and what the time in between went by with. It reads one bounded range
 * of the run's events; the cursor carries what was under way at its end, so that no page reads what another has read.
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
  // Events that came since the run was read are in the steps already; those that are not there at all are passed over.
  fold.passTo(Math.min(throughSeq, run.lastEventSeq));
  const isRead = throughSeq >= run.lastEventSeq;
  // Its log may not say that it ended: retention or an older release left that out.
  if (isRead && isTerminal(run.status)) fold.end(Date.parse(run.updatedAt));
  return toPage(run, before, fold, isRead);
}

function toPage(run: Run, before: FoldState, fold: TimelineFold, isRead: boolean): TimelinePage {
  const underWay = fold.underWay();
  // What is under way at the end of a page that is not the last ends in the next one, most likely.
  const spans = [...fold.spans, ...underWay.spans];
  const told = new Set(before.open.map(keyOf));
  const { state } = fold;
  return {
    runId: run.id,
    status: run.status,
    startedAt: iso(state.startMs),
    endedAt: state.endMs === null ? null : iso(state.endMs),
    spans: bundleSpans(spans, told, TIMELINE_SPANS_MAX),
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
