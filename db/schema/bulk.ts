import { sql } from "drizzle-orm";
import { index, integer, jsonb, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { BULK_KINDS, BULK_OUTCOMES, BULK_STATES, type BulkParams, type BulkVerb } from "@/contract/bulk";
import { instant, json, table } from "./columns";

/**
 * One action on many tasks, runs, sessions, volumes, approvals or runners, which the worker carries out step by step.
 */
export const bulkActions = table(
  "bulk_actions",
  {
    id: text().primaryKey(),
    kind: text({ enum: BULK_KINDS }).notNull(),
    tenantId: text(),
    projectId: text(),
    action: text().$type<BulkVerb>().notNull(),
    /** null: the targets were given by ids, which are the rows of its results. */
    filter: json(),
    params: jsonb().$type<BulkParams>().notNull().default({}),
    reason: text(),
    /** The action that this one undoes, or whose refused targets it tries again. */
    sourceId: text(),
    state: text({ enum: BULK_STATES }).notNull().default("pending"),
    total: integer().notNull(),
    done: integer().notNull().default(0),
    unchanged: integer().notNull().default(0),
    refused: integer().notNull().default(0),
    createdBy: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    endedAt: instant(),
    idempotencyKey: text(),
    payloadHash: text(),
  },
  (bulk) => [
    index("agentrun_bulk_actions_created_idx").on(bulk.createdAt.desc().nullsFirst(), bulk.id),
    index("agentrun_bulk_actions_open_idx").on(bulk.createdAt).where(sql`${bulk.endedAt} is null`),
    uniqueIndex("agentrun_bulk_actions_key_idx")
      .on(sql`coalesce(${bulk.tenantId}, '')`, bulk.idempotencyKey)
      .where(sql`${bulk.idempotencyKey} is not null`),
  ],
);
export type BulkActionRow = typeof bulkActions.$inferSelect;

/** The targets of a bulk action, in the order of work; without an outcome until they are dealt with. */
export const bulkResults = table(
  "bulk_results",
  {
    bulkId: text()
      .notNull()
      .references(() => bulkActions.id, { onDelete: "cascade" }),
    place: integer().notNull(),
    targetId: text().notNull(),
    outcome: text({ enum: BULK_OUTCOMES }),
    message: text(),
    /** The id of what was made, such as the new run of a retry. */
    madeId: text(),
    /** The value before the change, for an action that undoes this one; in an undoing action, the value to restore. */
    before: text(),
  },
  (result) => [
    primaryKey({ columns: [result.bulkId, result.place] }),
    index("agentrun_bulk_results_open_idx").on(result.bulkId, result.place).where(sql`${result.outcome} is null`),
  ],
);
