import type { Approval } from "@/contract/approval";
import { aborted } from "@/contract/async";
import type { QueueTask } from "@/contract/queue";
import type { BeatsFrame } from "@/contract/runner";
import type { OpenLiveInput, RunChange, SessionChange, TaskChange, TaskFrame } from "@/contract/watch";
import type { FoundRunner } from "@/db/queries/runner-state";
import type { ServiceContext } from "@/server/context";
import { InvalidCursorError } from "@/server/errors";
import { toRunner } from "@/server/runners";
import { getRun } from "@/server/runs";
import type { FeedReader, FeedRow } from "./feed";
import { readFeedMark } from "./feed-mark";
import type { Live } from "./live";
import type { RunnersUpdate } from "./runners-reader";
import { ALIVE, encodeFrame, FrameCache, type Sink } from "./sse";
import { streamRun } from "./stream-run";
import { openFeed } from "./watch-feed";

const feedFrames = new FrameCache<FeedRow<unknown>>();
const approvalFrames = new FrameCache<Approval>();
const runnerFrames = new FrameCache<FoundRunner>();
const heartbeatFrames = new FrameCache<RunnersUpdate>();

/**
 * Opens the one stream of a browser tab, with everything that the tab follows: changed sessions, runs, tasks, approvals
 * and runners, and one run's events. Only the run's events carry an id; after a gap the tab reads its lists again.
 */
export async function openConsoleStream(
  ctx: ServiceContext,
  live: Live,
  input: OpenLiveInput & { lastEventId?: string },
  signal: AbortSignal,
): Promise<(sink: Sink) => Promise<void>> {
  const tenantId = ctx.actor.tenantId;
  const runSeq = input.run === undefined ? null : await resolveStartSeq(ctx, input.run, input);
  const from = input.since === undefined ? null : readFeedMark(input.since);
  const isBehind = input.since !== undefined && from === null;
  const feedStart = { from };
  const sessions = input.sessions
    ? await openFeed(ctx, live.sessions as FeedReader<SessionChange>, feedStart, signal)
    : null;
  const runs = input.runs ? await openFeed(ctx, live.runs as FeedReader<RunChange>, feedStart, signal) : null;
  const tasks = input.tasks ? await openFeed(ctx, live.tasks as FeedReader<TaskChange>, feedStart, signal) : null;

  return async (sink) => {
    const stops: (() => void)[] = [];
    sink.keepAlive = ALIVE;
    try {
      // Before the greeting, because the tab reads what it has missed once it gets that.
      if (input.runners) stops.push(await live.runners.follow((update) => writeRunners(ctx, sink, update)));
      sink.write(encodeFrame({ event: "hello", data: { serverTime: new Date().toISOString(), isBehind } }));
      const writeDatabaseState = (isAway: boolean) => sink.write(encodeFrame({ event: "database", data: { isAway } }));
      stops.push(live.followDatabase(writeDatabaseState));
      if (input.approvals) {
        const stop = live.approvals.follow((approval) => {
          if (tenantId !== null && approval.tenantId !== tenantId) return;
          sink.write(approvalFrames.of(approval, "", () => encodeFrame({ event: "approval", data: approval })));
        });
        stops.push(stop);
      }
      if (input.run !== undefined && runSeq !== null) {
        const runId = input.run;
        const stop = await streamRun(ctx, live, sink, {
          runId,
          afterSeq: runSeq,
          encode: (event) => encodeFrame({ id: `${runId}:${event.seq}`, event: "event", data: event }),
          // The tab continues with its lists, which will show the session's next run.
          onEnd: () => undefined,
          onFailure: () => sink.end(),
        });
        stops.push(stop);
      }
      await Promise.all([
        sessions && writeAll(sessions.entries, sink, (row) => encodeFrame({ event: "session", data: row.item })),
        runs && writeAll(runs.entries, sink, (row) => encodeFrame({ event: "run", data: row.item.run })),
        tasks && writeAll(tasks.entries, sink, (row) => encodeFrame({ event: "task", data: toFrame(row.item.task) })),
        aborted(signal),
      ]);
    } finally {
      for (const stop of stops) stop();
    }
  };
}

async function resolveStartSeq(
  ctx: ServiceContext,
  runId: string,
  input: { after?: number; lastEventId?: string },
): Promise<number> {
  const run = await getRun(ctx, { runId });
  const resumed = input.lastEventId?.startsWith(`${runId}:`)
    ? Number(input.lastEventId.slice(runId.length + 1))
    : input.after;
  const seq = resumed ?? 0;
  if (!Number.isSafeInteger(seq) || seq < 0 || seq > run.lastEventSeq) {
    throw new InvalidCursorError(`run ${runId} has ${run.lastEventSeq} events, not ${seq}`);
  }
  return seq;
}

/** Writes changed runners one by one, and the beats of all others in one frame. */
function writeRunners(ctx: ServiceContext, sink: Sink, update: RunnersUpdate): void {
  const { tenantId } = ctx.actor;
  const isVisible = ({ runner }: FoundRunner) => tenantId === null || runner.tenantId === tenantId;
  for (const row of update.changed.filter(isVisible)) {
    const encode = () => encodeFrame({ event: "runner", data: toRunner(row, ctx.settings) });
    sink.write(runnerFrames.of(row, "", encode));
  }
  const heartbeats = update.beaten.filter(({ found: row }) => isVisible(row));
  if (heartbeats.length === 0) return;
  const frame = (): BeatsFrame => ({
    runners: heartbeats.map(({ found: row, newBeats }) => {
      const { id, heartbeatAt, leaseExpiresAt, cpuPercent, rssBytes, beats } = toRunner(row, ctx.settings);
      const { count, gapsMs, tripsMs } = beats;
      const newest = { count, gapsMs: gapsMs.slice(-newBeats), tripsMs: tripsMs.slice(-newBeats) };
      return { id, heartbeatAt, leaseExpiresAt, cpuPercent, rssBytes, beats: newest };
    }),
  });
  // No tenant id begins with `*`.
  sink.write(heartbeatFrames.of(update, tenantId ?? "*", () => encodeFrame({ event: "beats", data: frame() })));
}

function toFrame(task: QueueTask): TaskFrame {
  const { payload: _p, references: _r, metadata: _m, workspaceRef: _w, executionPolicy: _e, ...rest } = task;
  const { resourceBundleRef: _b, ...frame } = rest;
  return frame;
}

async function writeAll<Item>(
  entries: AsyncIterable<{ row: FeedRow<Item> }>,
  sink: Sink,
  encode: (row: FeedRow<Item>) => Buffer,
): Promise<void> {
  for await (const { row } of entries) {
    sink.write(feedFrames.of(row, "console", () => encode(row)));
    await sink.drained?.();
  }
}
