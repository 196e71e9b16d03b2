import { eq, sql } from "drizzle-orm";
import type { EventType } from "@/contract/event";
import { events, type RunRow, runs } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { newId } from "@/server/ids";
import { redactJson } from "./redact";

export type ServerEvent = { type: EventType; payload: Record<string, unknown> };

/**
 * Writes events that the server itself has to say, in the transaction of what they tell of. The run is locked by the
 * caller; the given row's `lastEventSeq` is brought up to date.
 */
export async function appendServerEvents(ctx: TxContext, run: RunRow, list: ServerEvent[]): Promise<void> {
  if (list.length === 0) return;
  const [counter] = await ctx.db
    .update(runs)
    .set({ lastEventSeq: sql`${runs.lastEventSeq} + ${list.length}` })
    .where(eq(runs.id, run.id))
    .returning({ lastSeq: runs.lastEventSeq })
    .prepare("agentrun-count-server-events")
    .execute();
  if (!counter) throw new Error(`run ${run.id} vanished under its lock`);
  const firstSeq = counter.lastSeq - list.length + 1;
  await ctx.db.insert(events).values(
    list.map((event, index) => ({
      id: newId("event"),
      runId: run.id,
      seq: firstSeq + index,
      type: event.type,
      payload: redactJson(event.payload),
    })),
  );
  run.lastEventSeq = counter.lastSeq;
  ctx.wake(`events:${run.id}`);
}

/** A `backend_status` event as v0.1 named its phases. */
export function statusEvent(phase: string, payload: Record<string, unknown> = {}): ServerEvent {
  return { type: "backend_status", payload: { phase, ...payload } };
}
