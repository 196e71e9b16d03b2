import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { ToolCall } from "./tool";

/** Clients give up on a tool after a minute, most of them. */
const WAIT_MAX_S = 50;

/**
 * Waits until `look` tells something that is over, or the time is; answers what it told last. `changes` tells that it is
 * worth looking again, and says nothing of what happened before it was asked: so there is one look once it is open.
 */
export async function waitUntil<Seen extends { isOver: boolean }>(
  call: ToolCall,
  seconds: number,
  { look, changes }: { look: () => Promise<Seen>; changes: (signal: AbortSignal) => AsyncIterable<unknown> },
): Promise<Seen> {
  let seen = await look();
  if (seen.isOver || seconds === 0) return seen;
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(seconds * 1_000)]);
  for await (const _ of changes(signal)) {
    seen = await look();
    if (seen.isOver || signal.aborted) return seen;
  }
  // The stream has ended with what it follows, with the server, or with the time.
  return look();
}

const LOOK_EVERY_MS = 1_000;

/** Says each second that it is worth looking again, for what no stream follows from a known place. */
export async function* everySecond(signal: AbortSignal): AsyncGenerator<void> {
  while (!signal.aborted) {
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) yield;
  }
}

export const WaitSeconds = z
  .int()
  .min(0)
  .max(WAIT_MAX_S)
  .default(30)
  .describe("How long to wait at most, 30 unless told; 0 looks and answers at once.");
