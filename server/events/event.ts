import { and, eq } from "drizzle-orm";
import {
  CHANGE_EVENT_TYPES,
  type EventPage,
  type ListChangesInput,
  type ListEventsInput,
  type RunEvent,
} from "@/contract/event";
import { readEventPage } from "@/db/queries/events/read-events";
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

/** Returns a run's events after a seq, in order. The cursor is the last seq of the page. */
export async function listEvents(ctx: ServiceContext, input: ListEventsInput): Promise<EventPage> {
  const run = await getRun(ctx, { runId: input.runId });
  const rows = await readEventPage(ctx.db, { ...input, limit: input.limit + 1 });
  const isLast = rows.length <= input.limit;
  const items = rows.slice(0, input.limit).map(toEvent);
  const lastSeq = Math.max(run.lastEventSeq, items.at(-1)?.seq ?? 0);
  return { items, cursor: isLast ? null : String(items.at(-1)?.seq ?? input.afterSeq), lastSeq };
}

/** How many seqs one page looks through for changes at most, because few events of a long run may be changes. */
const CHANGES_SPAN = 50_000;

/**
 * Returns a run's events after a seq that report changed files, in order. A page may be empty and still not be the
 * last.
 */
export async function listChanges(ctx: ServiceContext, input: ListChangesInput): Promise<EventPage> {
  const run = await getRun(ctx, { runId: input.runId });
  const throughSeq = input.afterSeq + CHANGES_SPAN;
  const rows = await readEventPage(ctx.db, {
    ...input,
    limit: input.limit + 1,
    types: CHANGE_EVENT_TYPES,
    throughSeq: Math.min(throughSeq, 2_147_483_647),
  });
  const items = rows.slice(0, input.limit).map(toEvent);
  const lastSeq = Math.max(run.lastEventSeq, items.at(-1)?.seq ?? 0);
  if (rows.length > input.limit) return { items, cursor: String(items.at(-1)?.seq ?? input.afterSeq), lastSeq };
  return { items, cursor: throughSeq < lastSeq ? String(throughSeq) : null, lastSeq };
}
