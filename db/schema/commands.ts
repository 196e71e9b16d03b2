import { sql } from "drizzle-orm";
import { index, integer, text, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { COMMAND_STATES } from "@/contract/command";
import { instant, json, lifecycle, table } from "./columns";
import { runs } from "./runs";

export const commands = table(
  "commands",
  {
    id: text().primaryKey(),
    runId: text()
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    seq: integer().notNull(),
    type: text().notNull(),
    payload: json().notNull(),
    payloadHash: text().notNull(),
    idempotencyKey: text(),
    state: text({ enum: COMMAND_STATES }).notNull(),
    ...lifecycle,
    acknowledgedAt: instant(),

    cancelRequestedAt: instant(),
    cancelReason: text(),
    failureKind: text(),
    failureMessage: text(),
    /** The JSON that a turn answered according to its `outputSchema`, redacted. */
    output: json(),
    /**
     * The epoch that acknowledged the command. An acknowledged turn of an older epoch was cut off and is not sent
     * again.
     */
    leaseEpoch: integer(),
  },
  (command) => [
    unique("agentrun_commands_run_id_seq_key").on(command.runId, command.seq),
    uniqueIndex("agentrun_commands_run_idempotency_key_idx")
      .on(command.runId, command.idempotencyKey)
      .where(sql`${command.idempotencyKey} is not null`),
    // What a runner has to do next, and what ends with its run.
    index("agentrun_commands_open_idx")
      .on(command.runId, command.seq)
      .where(sql`${command.state} in ('pending', 'acknowledged')`),
  ],
);
export type CommandRow = typeof commands.$inferSelect;
