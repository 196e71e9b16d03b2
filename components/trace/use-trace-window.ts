"use client";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { RunEvent } from "@/contract/event";
import { EventWindow, type EventWindowSnapshot } from "./event-window";
import { type RunEventLog, type RunLogSnapshot, WINDOW_EVENTS } from "./run-event-log";
import type { SearchedPart } from "./use-event-search";

/** The part of a run's log that a trace shows: its newest events, or a window around one that is far from them. */
export type TraceWindow = {
  name: string;
  window: EventWindow | null;
  events: readonly RunEvent[];
  firstSeq: number;
  lastSeq: number;
  /** All events of the run. */
  totalCount: number;
  isReady: boolean;
  error: unknown;
  loadEarlier: () => void;
  loadLater: () => void;
  retry: () => void;
};

/** What is loaded before an event near the newest, to be read with it. */
const CONTEXT_EVENTS = 50;
const LOADING: EventWindowSnapshot = { state: "loading", events: [], error: null };
const nothing = () => () => {};

type TraceWindowOptions = {
  log: RunEventLog;
  snapshot: RunLogSnapshot;
  target: number | null;
  /** What was found before one of the parts, and is shown with it. */
  searched: SearchedPart;
};

/** Sees to it that the event which the address names is loaded, and nothing without bound for it. */
export function useTraceWindow({ log, snapshot, target, searched }: TraceWindowOptions): TraceWindow {
  const [opened, setOpened] = useState<EventWindow | null>(null);
  const window = target === null ? null : opened;
  const name = window === null ? "newest" : `around-${window.target}`;
  const isFound = searched.windowName === name && searched.items.some(({ seq }) => seq === target);
  const held = useSyncExternalStore(
    window?.subscribe ?? nothing,
    () => window?.getSnapshot() ?? LOADING,
    () => LOADING,
  );
  const isLoaded = snapshot.state === "ready";
  useEffect(() => {
    if (!isLoaded || target === null || isFound) return;
    const tailSeq = log.getSnapshot().earlierCount + 1;
    if (opened?.holds(target)) return;
    if (target >= tailSeq - WINDOW_EVENTS) {
      setOpened(null);
      if (target < tailSeq) void log.loadEarlier(target - CONTEXT_EVENTS);
      return;
    }
    const next = new EventWindow(target, log.fetchPage);
    setOpened(next);
    void next.load();
  }, [log, isLoaded, target, isFound, opened]);

  const totalCount = snapshot.earlierCount + snapshot.events.length;
  if (window !== null) {
    const firstSeq = held.events[0]?.seq ?? window.target;
    return {
      ...{ name, window, events: held.events, firstSeq, totalCount },
      lastSeq: held.events.at(-1)?.seq ?? firstSeq,
      ...{ isReady: held.state === "ready", error: held.error },
      ...{ loadEarlier: () => void window.loadEarlier(), loadLater: () => void window.loadLater() },
      retry: () => void window.retry(),
    };
  }
  return {
    ...{ name, window, events: snapshot.events, firstSeq: snapshot.earlierCount + 1, totalCount },
    ...{ lastSeq: totalCount, isReady: isLoaded, error: snapshot.error },
    ...{ loadEarlier: () => void log.loadEarlier(), loadLater: () => {}, retry: () => void log.catchUp() },
  };
}
