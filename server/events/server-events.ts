import type { EventType } from "@/contract/event";
import { storeServerEvents } from "@/db/queries/events/store-server-events";
import type { RunRow } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { newId } from "@/server/ids";
import { redactJson } from "./redact";

export type ServerEvent = { type: EventType; payload: Record<string, unknown> };

/**
 * Appends events of the server itself in the transaction that makes the change they report. The caller has locked the
 * run. Updates the given row's `lastEventSeq`.
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

/** Returns a `backend_status` event with a phase, named as in v0.1. */
export function statusEvent(phase: string, payload: Record<string, unknown> = {}): ServerEvent {
  return { type: "backend_status", payload: { phase, ...payload } };
}
