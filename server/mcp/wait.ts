import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { withDeadline } from "@/contract/deadline";
import { UnauthenticatedError } from "@/server/errors";
import { asStream } from "@/server/trpc/watch";
import type { ToolCall } from "./tool";

/** Most clients give up on a tool after a minute. */
const WAIT_MAX_S = 50;

/**
 * Waits until `read` returns something that is over, or the time is up; returns what `read` returned last. `changes`
 * yields when another look is worthwhile. It reports nothing that happened before it was opened.
 */
export async function waitUntil<Seen extends { isOver: boolean }>(
  call: ToolCall,
  seconds: number,
  { read, changes }: { read: () => Promise<Seen>; changes: (signal: AbortSignal) => AsyncIterable<unknown> },
): Promise<Seen> {
  const first = await read();
  if (first.isOver || seconds === 0) return first;
  const follow = async (signal: AbortSignal): Promise<Seen> => {
    for await (const _ of changes(signal)) {
      const snapshot = await read();
      if (snapshot.isOver || signal.aborted) return snapshot;
    }
    // The stream ended with what it follows, with the server, or because the time is up.
    return read();
  };
  return withDeadline("a wait", seconds * 1_000, follow, call.signal);
}

const LOOK_EVERY_MS = 1_000;

/**
 * Yields every second, for what no stream follows from a known position. It counts as one of the caller's open streams,
 * so that the number of such waits is bounded and they end with the token and the server.
 */
export function everySecond({ ctx }: ToolCall, signal: AbortSignal): AsyncIterable<void> {
  const { service, live } = ctx;
  if (!service) throw ctx.fault ?? new UnauthenticatedError();
  return asStream({ ctx: { service, live }, signal }, (watch) => ticks(watch.signal));
}

async function* ticks(signal: AbortSignal): AsyncGenerator<void> {
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
