import { WINDOW_EVENTS } from "@/components/trace/run-event-log";

/** A message that an address names. */
export type Spot = { runId: string; seq: number };

/** The element of the message that an address names, or of what stands for it; a page has one at most. */
export const SPOT_ID = "found-message";

/** Runs that a conversation shows at first, and by each step back. */
export const RUNS_SHOWN = 3;
/** A session's newest runs that one is looked for among. */
export const SOUGHT_RUNS_MAX = 500;
/** Events before those that are loaded that a conversation loads to show a message: a few pages, drawn at once. */
export const REACH_EVENTS = 2 * WINDOW_EVENTS;

/** Where a conversation begins to show runs for a spot; null: at the newest, whichever comes. */
export type Place = { spot: Spot; newestRunId: string | null };

/**
 * The place for a spot, which is chosen once, as its run is first known: a run that begins later moves nothing and hides
 * nothing. `runIds` has the newest run first.
 */
export function placeOf(spot: Spot | null, runIds: readonly string[], chosen: Place | null): Place | null {
  if (spot === null) return null;
  if (chosen?.spot === spot) return chosen;
  const index = runIds.indexOf(spot.runId);
  if (index === -1) return null;
  // A run of long ago is shown with those around it, without all that came since.
  return { spot, newestRunId: index < RUNS_SHOWN ? null : (runIds[index - 1] ?? null) };
}

/** The runs that are shown: from `newest` on, `end` excluded. The spot's own run is always one of them. */
export function rangeOf(
  place: Place | null,
  runIds: readonly string[],
  shownCount: number,
): { newest: number; end: number } {
  if (place === null) return { newest: 0, end: shownCount };
  const newest = place.newestRunId === null ? 0 : Math.max(0, runIds.indexOf(place.newestRunId));
  return { newest, end: Math.max(newest + shownCount, runIds.indexOf(place.spot.runId) + 1) };
}

/**
 * What is to be done about a spot whose run is not among the runs that are known: read on, say that it is gone, or say
 * that it is too far back. `wait` while the first runs still come.
 */
export function seekRun(
  spot: Spot | null,
  runIds: readonly string[],
  { hasMore, isLoading }: { hasMore: boolean; isLoading: boolean },
): "found" | "wait" | "more" | "gone" | "far" {
  if (spot === null || runIds.includes(spot.runId)) return "found";
  if (isLoading) return "wait";
  if (!hasMore) return "gone";
  return runIds.length < SOUGHT_RUNS_MAX ? "more" : "far";
}

/**
 * What is to be done about a message before the events that are loaded: load it, or say that it is too far back, since
 * everything after it would be loaded and drawn with it. `there` once it is loaded.
 */
export function reachEvent(seq: number, { isReady, firstSeq }: { isReady: boolean; firstSeq: number }) {
  if (!isReady) return "wait";
  if (seq >= firstSeq) return "there";
  return firstSeq - seq <= REACH_EVENTS ? "load" : "far";
}
