import { setTimeout as pause } from "node:timers/promises";

/** What work answers; null where it takes longer, while it goes on. */
export async function inTime<T>(maxMs: number, work: Promise<T>): Promise<T | null> {
  const isOver = new AbortController();
  const late = pause(maxMs, null, { signal: isOver.signal });
  return Promise.race([work, late]).finally(() => isOver.abort());
}
