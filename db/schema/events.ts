import { integer, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { instant, json, table } from "./columns";
import { runs } from "./runs";

export const events = table(
  "events",
  {
    id: text().primaryKey(),
    // References a run, and goes with it. Triggers see to it once a statement (migration 012): a foreign key looks at
    // every row on its own, which was a third of what an event costs.
    runId: text().notNull(),
    seq: integer().notNull(),
    type: text().notNull(),
    payload: json().notNull(),
    createdAt: instant().notNull().defaultNow(),
  },
  (event) => [unique("agentrun_events_run_id_seq_key").on(event.runId, event.seq)],
);
export type EventRow = typeof events.$inferSelect;

/** Batches that were stored, so that a retried one adds nothing; removed with the run's retention. */
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
