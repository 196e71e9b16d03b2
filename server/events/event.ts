import type { EventPage, ListEventsInput, RunEvent } from "@/contract/event";
import { readEventPage } from "@/db/queries/read-events";
import type { EventRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { getRun } from "@/server/runs";
import { iso, storedJson } from "@/server/stored";

export function toEvent(row: EventRow): RunEvent {
  const { id, runId, seq, type } = row;
  return { id, runId, seq, type, payload: storedJson(row.payload) ?? {}, createdAt: iso(row.createdAt) };
}

/** A run's events after a seq, in order. The cursor is the last seq of the page. */
export async function listEvents(ctx: ServiceContext, input: ListEventsInput): Promise<EventPage> {
  const run = await getRun(ctx, { runId: input.runId });
  const rows = await readEventPage(ctx.db, { ...input, limit: input.limit + 1 });
  const isLast = rows.length <= input.limit;
  const items = rows.slice(0, input.limit).map(toEvent);
  const lastSeq = Math.max(run.lastEventSeq, items.at(-1)?.seq ?? 0);
  return { items, cursor: isLast ? null : String(items.at(-1)?.seq ?? input.afterSeq), lastSeq };
}
