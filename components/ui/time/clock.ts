import { useSyncExternalStore } from "react";

/** One timer for every clock on the page: durations and ages tick together, once a second, and stop in hidden tabs. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let nowMs = Date.now();
let serverOffsetMs = 0;

function tick(): void {
  nowMs = toServerTime(Date.now());
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    tick();
    timer = setInterval(tick, 1_000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Sets how far the server's clock is ahead of this machine's, so that ages and countdowns mean the server's time. */
export function setServerTime(serverTime: string): void {
  const parsed = Date.parse(serverTime);
  if (Number.isNaN(parsed)) return;
  serverOffsetMs = parsed - Date.now();
}

/** An instant by this machine's clock as the server's clock has it: what the server dates is compared with nothing else. */
export function toServerTime(ms: number): number {
  return ms + serverOffsetMs;
}

/** The server's time in milliseconds, re-rendering once a second. For text alone: server and browser differ in it. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs, readBeforeTicks);
}
const readBeforeTicks = () => (typeof window === "undefined" ? Date.now() : nowMs);

/** The same while something goes on; 0, and nothing is rendered again, while nothing does. */
export function useNowWhile(isOn: boolean): number {
  return useSyncExternalStore(
    isOn ? subscribe : NO_SUBSCRIPTION,
    () => (isOn ? nowMs : 0),
    () => (isOn ? readBeforeTicks() : 0),
  );
}
const NO_SUBSCRIPTION = () => () => undefined;

/** The same, null until the page is hydrated: for what decides on more than a text by the time. */
export function useHydratedNow(): number | null {
  return useSyncExternalStore(
    subscribe,
    () => nowMs,
    () => null,
  );
}

export const TIME_MODES = ["relative", "local", "utc"] as const;
export type TimeMode = (typeof TIME_MODES)[number];
const MODE_KEY = "agentrun-time";
const modeListeners = new Set<() => void>();
let mode: TimeMode | undefined;

function readMode(): TimeMode {
  if (mode === undefined) {
    const stored = globalThis.localStorage?.getItem(MODE_KEY);
    mode = TIME_MODES.find((candidate) => candidate === stored) ?? "relative";
  }
  return mode;
}

/** Shows instants so, everywhere, and remembers it. */
export function setTimeMode(next: TimeMode): void {
  mode = next;
  globalThis.localStorage?.setItem(MODE_KEY, next);
  for (const listener of modeListeners) listener();
}

/** Goes to the next way of showing instants. */
export function cycleTimeMode(): TimeMode {
  const next = TIME_MODES[(TIME_MODES.indexOf(readMode()) + 1) % TIME_MODES.length] ?? "relative";
  setTimeMode(next);
  return next;
}

export function useTimeMode(): TimeMode {
  return useSyncExternalStore(
    (listener) => {
      modeListeners.add(listener);
      return () => modeListeners.delete(listener);
    },
    readMode,
    () => "relative",
  );
}
