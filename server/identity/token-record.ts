import { and, eq, gt, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import type { TokenRecord } from "@/contract/identity";
import { tokens } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";

type TokenRow = typeof tokens.$inferSelect;

/** The condition for tokens that sign somebody in and have not ended. */
export function isListed(): SQL | undefined {
  return and(
    inArray(tokens.kind, ["api", "operator"]),
    isNull(tokens.revokedAt),
    or(isNull(tokens.expiresAt), gt(tokens.expiresAt, sql`clock_timestamp()`)),
  );
}

/**
 * The condition for tokens that a caller may list and end: its tenant's, or all for a caller that sees every tenant.
 */
export function isOfTenant(tenantId: string | null): SQL | undefined {
  return tenantId === null ? undefined : eq(tokens.tenantId, tenantId);
}

/** Returns a token as clients see it, without its hash. */
export function toTokenRecord(ctx: ServiceContext, row: TokenRow, browsers: number): TokenRecord {
  return {
    id: row.id,
    kind: row.kind === "api" ? "api" : "browser",
    name: row.name ?? "operator",
    role: row.role ?? "viewer",
    tenantId: row.tenantId,
    scopes: row.scopes,
    createdAt: iso(row.createdAt),
    expiresAt: iso(row.expiresAt),
    usedAt: iso(row.usedAt),
    browsers,
    isOwn: ctx.actor.kind === "operator" && ctx.actor.tokenId === row.id,
  };
}
