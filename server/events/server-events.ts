import type { EventType } from "@/contract/event";
import { storeServerEvents } from "@/db/queries/store-server-events";
import type { RunRow } from "@/db/schema";
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
  run.lastEventSeq = await storeServerEvents(
    ctx.db,
    run.id,
    list.map(({ type, payload }) => ({ id: newId("event"), type, payload: JSON.stringify(redactJson(payload)) })),
  );
  ctx.wake(`events:${run.id}`);
}

/** A `backend_status` event as v0.1 named its phases. */
export function statusEvent(phase: string, payload: Record<string, unknown> = {}): ServerEvent {
  return { type: "backend_status", payload: { phase, ...payload } };
}
