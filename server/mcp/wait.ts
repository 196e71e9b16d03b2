import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { withDeadline } from "@/contract/deadline";
import { UnauthenticatedError } from "@/server/errors";
import { asStream } from "@/server/trpc/watch";
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
  const first = await look();
  if (first.isOver || seconds === 0) return first;
  const follow = async (signal: AbortSignal): Promise<Seen> => {
    for await (const _ of changes(signal)) {
      const seen = await look();
      if (seen.isOver || signal.aborted) return seen;
    }
    // The stream has ended with what it follows, with the server, or with the time.
    return look();
  };
  return withDeadline("a wait", seconds * 1_000, follow, call.signal);
}

const LOOK_EVERY_MS = 1_000;

/**
 * Says each second that it is worth looking again, for what no stream follows from a known place. It is one of its
 * caller's open streams all the same: their number is bounded, and they end with the token and with the server.
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
