"use client";
import { parseAsInteger, parseAsString, useQueryStates } from "nuqs";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { RunEventLog, RunLogSnapshot } from "@/components/trace/run-event-log";
import { reachEvent, type Spot } from "./spot";

const SPOT = { run: parseAsString, at: parseAsInteger };

/** The message that the address names, until somebody leaves it. */
export function useSpot(): { spot: Spot | null; leave: () => void } {
  const [{ run, at }, setSpot] = useQueryStates(SPOT, { history: "replace" });
  const spot = useMemo(() => (run === null || at === null ? null : { runId: run, seq: at }), [run, at]);
  const leave = useCallback(() => {
    if (spot !== null) void setSpot(null);
  }, [spot, setSpot]);
  return { spot, leave };
}

/** Events loaded before a message that is gone to, to show what led to it. */
const BEFORE_SPOT = 50;

/** Loads a run's log as far back as the message that is gone to; says where that is while it is not loaded. */
export function useSpotEvent(log: RunEventLog, snapshot: RunLogSnapshot, seq: number | null): "load" | "far" | null {
  const { state, earlierCount, error } = snapshot;
  // A log of which the reader goes on to the end lets go of its oldest events: they are not loaded again.
  const [reachedSeq, setReachedSeq] = useState<number | null>(null);
  const step =
    seq === null || seq === reachedSeq
      ? null
      : reachEvent(seq, { isReady: state === "ready", firstSeq: earlierCount + 1 });
  if (step === "there") setReachedSeq(seq);
  const isWanted = step === "load" && error === null;
  useEffect(() => {
    if (isWanted && seq !== null) void log.loadEarlier(seq - BEFORE_SPOT);
  }, [isWanted, seq, log]);
  return step === "load" || step === "far" ? step : null;
}
