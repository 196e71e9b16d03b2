import { sql } from "drizzle-orm";
import { index, integer, text, uniqueIndex } from "drizzle-orm/pg-core";
import { DEVICE_SIGN_IN_STATES, ROLES } from "@/contract/words";
import { instant, json, table } from "./columns";

/**
 * sign-in: the printed one-time link; device-link: a one-time link that a signed-in person made; operator: a browser's cookie; api: made by an administrator for a program or a
 * person; launch: buys one claim; runner and model: used by one epoch of one run; archiver: hands over one volume's
 * content, in one try.
 */
export const TOKEN_KINDS = [
  "sign-in",
  "device-link",
  "operator",
  "api",
  "launch",
  "runner",
  "model",
  "archiver",
] as const;

export const tokens = table(
  "tokens",
  {
    id: text().primaryKey(),
    kind: text({ enum: TOKEN_KINDS }).notNull(),
    /** SHA-256 of the token in hex, so that a copy of this table opens nothing. */
    hash: text().notNull(),
    name: text(),
    role: text({ enum: ROLES }),
    tenantId: text(),
    /** What the token may call, within its role; null: everything. */
    scopes: text().array(),
    /** The token that bought this cookie: both end together. */
    parentId: text(),
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
    // Tokens that sign somebody in, for people to look at; tokens of runs are far more numerous.
    index("agentrun_tokens_listed_idx")
      .on(token.createdAt.desc().nullsFirst(), token.id.desc().nullsFirst())
      .where(sql`${token.kind} in ('api', 'operator')`),
    index("agentrun_tokens_parent_idx").on(token.parentId).where(sql`${token.parentId} is not null`),
    // The audit log identifies callers by name.
    uniqueIndex("agentrun_tokens_name_idx")
      .on(sql`coalesce(${token.tenantId}, '')`, token.name)
      .where(sql`${token.kind} = 'api' and ${token.revokedAt} is null`),
  ],
);

/**
 * A sign-in requested by a command line, kept until the token is collected or ten minutes are over. Anyone who can read
 * a copy of this table can neither collect a token nor allow a sign-in: both codes are stored as digests only, and the
 * token is made when it is collected.
 */
export const deviceSignIns = table(
  "device_sign_ins",
  {
    id: text().primaryKey(),
    /** SHA-256 in hex: of the code that the program keeps, and of the one that a person types. */
    deviceHash: text().notNull(),
    userHash: text().notNull(),
    state: text({ enum: DEVICE_SIGN_IN_STATES }).notNull().default("waiting"),
    /** The program's own name for itself, which anybody can make up. */
    client: text().notNull(),
    /** The address of the request, as web saw it, and the network that it counts as. */
    address: text().notNull(),
    network: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    expiresAt: instant().notNull(),
    /** Seconds between two polls of the program; longer once it polled too soon. */
    intervalSeconds: integer().notNull(),
    polledAt: instant(),
    decidedAt: instant(),
    /** Who decided, as the audit log names them, and the browser cookie that they used. */
    decidedBy: text(),
    decidedTokenId: text(),
  },
  (request) => [
    uniqueIndex("agentrun_device_sign_ins_device_idx").on(request.deviceHash),
    uniqueIndex("agentrun_device_sign_ins_user_idx").on(request.userHash),
    // Open ones are counted before another is added; expired ones are swept.
    index("agentrun_device_sign_ins_expiry_idx").on(request.expiresAt),
  ],
);

/** One row for every change made by a person, a program or a loop, written in the same transaction. */
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
    // Read backwards: newest first, of all, of one tenant, of one caller, of one action.
    index("agentrun_audit_at_id_idx").on(row.at, row.id),
    index("agentrun_audit_tenant_idx").on(row.tenantId, row.at, row.id).where(sql`${row.tenantId} is not null`),
    index("agentrun_audit_actor_idx").on(row.actor, row.at, row.id),
    index("agentrun_audit_action_idx").on(row.action, row.at, row.id),
    // What collections did: for the daily limit, and for their history.
    index("agentrun_audit_gc_idx")
      .on(row.action, row.at, row.id)
      .where(sql`${row.action} in ('storage.gc.deleting', 'storage.gc.collected')`),
    index("agentrun_audit_target_idx").on(row.targetKind, row.targetId, row.at),
  ],
);
