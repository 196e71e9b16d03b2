import { EVENT_EXCERPT_MAX, type FoundEventPage, type SearchEventsInput } from "@/contract/event";
import { lastSearchable, type SearchSpan, searchEventSpan } from "@/db/queries/events/search-events";
import type { ServiceContext } from "@/server/context";
import { InvalidCursorError } from "@/server/errors";
import { decodeCursor, encodeCursor } from "@/server/pagination";
import { getRun } from "@/server/runs";
import { iso } from "@/server/stored";

/** How much one page looks through at most: events, and bytes of payloads as PostgreSQL stores them. */
export const SEARCH_SPAN = 5_000;
const SEARCH_BYTES = 4 * 1024 * 1024;

/**
 * Returns the events of a run that match, the newest or the oldest first. A page looks at one part of a long run, may
 * be empty, and says which part it looked at.
 */
export async function searchEvents(ctx: ServiceContext, input: SearchEventsInput): Promise<FoundEventPage> {
  const run = await getRun(ctx, { runId: input.runId });
  const { cursor, limit, ...filter } = input;
  const { runId, order, fromSeq, ...conditions } = filter;
  const isNewestFirst = order === "newest";
  const lastSeq = run.lastEventSeq;
  const startSeq =
    cursor === undefined
      ? Math.min(fromSeq ?? (isNewestFirst ? lastSeq : 1), isNewestFirst ? lastSeq : Number.POSITIVE_INFINITY)
      : decodeSeq(filter, cursor);
  const span: SearchSpan = isNewestFirst
    ? { runId, isNewestFirst, firstSeq: Math.max(1, startSeq - SEARCH_SPAN + 1), lastSeq: startSeq }
    : { runId, isNewestFirst, firstSeq: startSeq, lastSeq: Math.min(lastSeq, startSeq + SEARCH_SPAN - 1) };
  const endSeq = span.firstSeq > span.lastSeq ? null : await lastSearchable(ctx.db, span, SEARCH_BYTES);
  if (endSeq === null) return { items: [], cursor: null, searched: null, lastSeq };
  const scanned = isNewestFirst ? { ...span, firstSeq: endSeq } : { ...span, lastSeq: endSeq };
  const rows = await searchEventSpan(ctx.db, scanned, { conditions, limit: limit + 1, excerptMax: EVENT_EXCERPT_MAX });
  const items = rows.slice(0, limit).map((row) => ({ ...row, createdAt: iso(row.createdAt) }));
  const stoppedAt = rows.length > limit ? (items.at(-1)?.seq ?? endSeq) : endSeq;
  const searched = isNewestFirst ? { ...scanned, firstSeq: stoppedAt } : { ...scanned, lastSeq: stoppedAt };
  const isOver = isNewestFirst ? stoppedAt <= 1 : stoppedAt >= lastSeq;
  return {
    items,
    cursor: isOver ? null : encodeCursor(filter, [isNewestFirst ? stoppedAt - 1 : stoppedAt + 1]),
    searched: { firstSeq: searched.firstSeq, lastSeq: searched.lastSeq },
    lastSeq,
  };
}

const INT32_MAX = 2_147_483_647;

function decodeSeq(filter: object, cursor: string): number {
  const [seq] = decodeCursor(filter, cursor, 1);
  if (typeof seq !== "number" || seq < 1 || seq > INT32_MAX) throw new InvalidCursorError("the cursor is damaged");
  return seq;
}
