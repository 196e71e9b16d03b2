import { and, eq, gt, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import type { TokenRecord } from "@/contract/identity";
import { tokens } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";

type TokenRow = typeof tokens.$inferSelect;

/** Those that sign somebody in and have not ended. */
export function isListed(): SQL | undefined {
  return and(
    inArray(tokens.kind, ["api", "operator"]),
    isNull(tokens.revokedAt),
    or(isNull(tokens.expiresAt), gt(tokens.expiresAt, sql`clock_timestamp()`)),
  );
}

/** Whose tokens a caller may look at and end: its tenant's, and all of them where it sees every tenant. */
export function isOfTenant(tenantId: string | null): SQL | undefined {
  return tenantId === null ? undefined : eq(tokens.tenantId, tenantId);
}

/** A token as it leaves the program: without its hash. */
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
