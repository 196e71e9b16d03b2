import type { RunEvent } from "@/contract/event";
import { EVENTS_LIMIT_MAX } from "@/contract/page";
import { isTerminal } from "@/contract/run";
import type { WatchRunInput } from "@/contract/watch";
import type { ServiceContext } from "@/server/context";
import { InvalidCursorError } from "@/server/errors";
import { getRun } from "@/server/runs";
import { WakeSignal } from "./hub";
import type { Live } from "./live";
import { isTerminalEvent } from "./sse";
import { readEvents } from "./tail";

/** A column's largest integer. */
const SEQ_MAX = 2_147_483_647;

/** Returns the seq after which a watcher wants to read: the given one, or the last id that it received. */
export function startSeq(input: Pick<WatchRunInput, "afterSeq" | "lastEventId">): number {
  const { lastEventId } = input;
  if (lastEventId === undefined) return input.afterSeq ?? 0;
  if (!/^\d{1,10}$/.test(lastEventId) || Number(lastEventId) > SEQ_MAX)
    throw new InvalidCursorError("the last event id is not one of this stream");
  return Number(lastEventId);
}

/**
 * Returns where to start in a run, where the run ends if it has ended, and whether all of it was read already. Refuses
 * an id that this run has not given out.
 */
export async function openRun(
  ctx: ServiceContext,
  input: WatchRunInput,
): Promise<{ seq: number; endSeq: number | null; isOver: boolean }> {
  const run = await getRun(ctx, { runId: input.runId });
  const seq = startSeq(input);
  if (seq > run.lastEventSeq) throw new InvalidCursorError(`run ${run.id} has ${run.lastEventSeq} events, not ${seq}`);
  const endSeq = isTerminal(run.status) ? run.lastEventSeq : null;
  return { seq, endSeq, isOver: seq === endSeq };
}

/** Yields a run's events after a seq, then new ones, each once and in order. Ends after the run's terminal event. */
export async function* watchEvents(
  ctx: ServiceContext,
  live: Live,
  input: WatchRunInput,
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  const start = await openRun(ctx, input);
  if (start.isOver) return;
  const { endSeq } = start;
  let { seq } = start;
  let last: RunEvent | undefined;
  const wake = new WakeSignal();
  const { tail, stop } = await live.tails.follow(input.runId, wake.set);
  try {
    while (!signal.aborted) {
      const buffered = tail.after(seq)?.map((entry) => entry.event);
      const page = buffered ?? (await readEvents(ctx.db, input.runId, seq));
      for (const event of page) {
        yield event;
        seq = event.seq;
        if (signal.aborted) return;
      }
      last = page.at(-1) ?? last;
      // A run of v0.1 may have ended without a terminal event.
      if (endSeq !== null && seq >= endSeq) return;
      // A full page may have ended with the run's last event: only an empty page after it shows that.
      const isComplete = buffered !== undefined || page.length < EVENTS_LIMIT_MAX;
      if (isComplete && isTerminalEvent(last) && tail.seq <= seq) return;
      if (page.length === 0) await wake.next(signal);
    }
  } finally {
    stop();
  }
}
