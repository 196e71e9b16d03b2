import { sql } from "drizzle-orm";
import { index, integer, text, uniqueIndex } from "drizzle-orm/pg-core";
import { instant, json, table } from "./columns";

/**
 * sign-in: the printed one-time link; operator: a browser's cookie; launch: buys one claim; runner and model: what one
 * run's one epoch may use; archiver: hands over what one volume holds, in one try.
 */
export const TOKEN_KINDS = ["sign-in", "operator", "launch", "runner", "model", "archiver"] as const;

export const tokens = table(
  "tokens",
  {
    id: text().primaryKey(),
    kind: text({ enum: TOKEN_KINDS }).notNull(),
    /** SHA-256 of the token, hex: a copy of this table opens nothing. */
    hash: text().notNull(),
    name: text(),
    role: text({ enum: ["viewer", "operator", "admin"] }),
    tenantId: text(),
    runId: text(),
    leaseEpoch: integer(),
    attemptId: text(),
    backendProfile: text(),
    createdAt: instant().notNull().defaultNow(),
    expiresAt: instant(),
    usedAt: instant(),
    revokedAt: instant(),
  },
  (token) => [
    uniqueIndex("agentrun_tokens_hash_idx").on(token.hash),
    index("agentrun_tokens_run_idx").on(token.runId).where(sql`${token.runId} is not null`),
    index("agentrun_tokens_expiry_idx").on(token.expiresAt).where(sql`${token.expiresAt} is not null`),
  ],
);

/** One row for every mutation that a person, a program or a loop made, written in its own transaction. */
export const audit = table(
  "audit",
  {
    id: text().primaryKey(),
    at: instant().notNull().defaultNow(),
    actor: text().notNull(),
    action: text().notNull(),
    tenantId: text(),
    targetKind: text().notNull(),
    targetId: text().notNull(),
    details: json().notNull().default({}),
  },
  (row) => [
    index("agentrun_audit_at_idx").on(row.at),
    // What collections did: the day's bound, and their history.
    index("agentrun_audit_gc_idx")
      .on(row.action, row.at, row.id)
      .where(sql`${row.action} in ('storage.gc.deleting', 'storage.gc.collected')`),
    index("agentrun_audit_target_idx").on(row.targetKind, row.targetId, row.at),
  ],
);
