import { integer, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { instant, json, table } from "./columns";
import { runs } from "./runs";

export const events = table(
  "events",
  {
    id: text().primaryKey(),
    // References a run and is removed with it. Triggers enforce this once for each statement (migration 012): a foreign
    // key checks every row separately, which was a third of the cost of an event.
    runId: text().notNull(),
    seq: integer().notNull(),
    type: text().notNull(),
    payload: json().notNull(),
    createdAt: instant().notNull().defaultNow(),
  },
  (event) => [unique("agentrun_events_run_id_seq_key").on(event.runId, event.seq)],
);
export type EventRow = typeof events.$inferSelect;

/** Stored batches, so that a retried batch adds nothing; removed by the run's retention. */
export const eventBatches = table(
  "event_batches",
  {
    runId: text()
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    batchId: text().notNull(),
    contentHash: text().notNull(),
    firstSeq: integer().notNull(),
    lastSeq: integer().notNull(),
  },
  (batch) => [primaryKey({ columns: [batch.runId, batch.batchId] })],
);
