import { and, eq } from "drizzle-orm";
import type { EventPage, ListEventsInput, RunEvent } from "@/contract/event";
import { readEventPage } from "@/db/queries/read-events";
import { type EventRow, events, runs } from "@/db/schema";
import { boundRunId, type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { getRun } from "@/server/runs";
import { iso, storedJson } from "@/server/stored";

export function toEvent(row: EventRow): RunEvent {
  const { id, runId, seq, type } = row;
  return { id, runId, seq, type, payload: storedJson(row.payload) ?? {}, createdAt: iso(row.createdAt) };
}

export async function getEvent(ctx: ServiceContext, input: { eventId: string }): Promise<RunEvent> {
  const tenantId = tenantOf(ctx);
  const bound = boundRunId(ctx.actor);
  const [found] = await ctx.db
    .select({ event: events })
    .from(events)
    .innerJoin(runs, eq(runs.id, events.runId))
    .where(
      and(
        eq(events.id, input.eventId),
        tenantId === null ? undefined : eq(runs.tenantId, tenantId),
        bound === null ? undefined : eq(runs.id, bound),
      ),
    );
  if (!found) throw new NotFoundError("event", input.eventId);
  return toEvent(found.event);
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
