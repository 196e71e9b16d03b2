import { and, asc, eq, gt, inArray, lte } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { type EventRow, events } from "@/db/schema";

export type EventRange = {
  runId: string;
  afterSeq: number;
  limit: number;
  types?: readonly string[];
  /** The last seq to read. */
  throughSeq?: number;
};

/** Returns events of one run after a seq, in order: one range of the index on (run_id, seq), wherever it starts. */
export function readEventPage(db: Db | Tx, range: EventRange): Promise<EventRow[]> {
  return db
    .select()
    .from(events)
    .where(
      and(
        eq(events.runId, range.runId),
        gt(events.seq, range.afterSeq),
        range.throughSeq === undefined ? undefined : lte(events.seq, range.throughSeq),
        range.types === undefined ? undefined : inArray(events.type, [...range.types]),
      ),
    )
    .orderBy(asc(events.seq))
    .limit(range.limit);
}
