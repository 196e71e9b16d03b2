import { and, eq, isNull, lte, sql } from "drizzle-orm";
import type { CreatedToken, CreateTokenInput } from "@/contract/identity";
import type { Role } from "@/contract/words";
import { isUniqueViolation } from "@/db/errors";
import { tokens } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantFor } from "@/server/context";
import { ConflictError, ForbiddenError, InvalidInputError } from "@/server/errors";
import { newId } from "@/server/ids";
import { lockLiveToken } from "./lock-live-token";
import { hashToken, newToken } from "./token";
import { toTokenRecord } from "./token-record";

/** The name of the administrator's own token in the audit log. */
const RESERVED_NAME = "admin";

/**
 * Makes a token for a program or a person. Only the answer holds its secret. A caller can give away no more than it
 * has: no other tenant, no scope that its own token lacks, and nothing that outlives that token.
 */
export async function createToken(ctx: ServiceContext, input: CreateTokenInput): Promise<CreatedToken> {
  const tenantId = tenantFor(ctx, input.tenantId);
  const { name, role } = input;
  const scopes = storedScopes(input.scopes);
  assertWithinOwnScopes(ctx, scopes);
  if (name.trim().toLowerCase() === RESERVED_NAME)
    throw new InvalidInputError(`name: ${RESERVED_NAME} is what the administrator's own token is called`);
  return storeApiToken(ctx, { name, role, tenantId, scopes }, async (ctx) => ({
    expiresAt: earlier(input.expiresAt === undefined ? null : new Date(input.expiresAt), await callerTokenEnd(ctx)),
    parentId: null,
  }));
}

type TokenDescription = { name: string; role: Role; tenantId: string | null; scopes: string[] | null };
type Bounds = { expiresAt: Date | null; parentId: string | null };

/**
 * Stores a token for programs, and returns its secret for the only time. `boundsOf` determines the token's end and
 * parent in the same transaction.
 */
export async function storeApiToken(
  ctx: ServiceContext,
  description: TokenDescription,
  boundsOf: (ctx: TxContext) => Promise<Bounds>,
): Promise<CreatedToken> {
  const { name, role, tenantId, scopes } = description;
  const token = newToken("api");
  try {
    return await inTx(ctx, async (ctx) => {
      const bounds = await boundsOf(ctx);
      await revokeExpiredNamesake(ctx, description);
      const [row] = await ctx.db
        .insert(tokens)
        .values({
          id: newId("token"),
          kind: "api",
          hash: hashToken(token),
          name,
          role,
          tenantId,
          scopes,
          ...bounds,
          createdAt: sql`clock_timestamp()`,
        })
        .returning();
      if (!row) throw new Error("the token was not stored");
      if (row.expiresAt !== null && row.expiresAt <= row.createdAt)
        throw new InvalidInputError("expiresAt: lies in the past");
      const details = { name, role, scopes, expiresAt: row.expiresAt?.toISOString() ?? null };
      await audit(ctx, { action: "identity.createToken", targetKind: "token", targetId: row.id, tenantId, details });
      return { ...toTokenRecord(ctx, row, 0), token };
    });
  } catch (error) {
    if (!isUniqueViolation(error, "agentrun_tokens_name_idx")) throw error;
    throw new ConflictError("already-exists", `a token named ${name} is there: revoke it first, or take another name`);
  }
}

/**
 * Returns when the caller's own token ends; null: never. For a browser, that is the token with which it signed in. An
 * administrator's cookie ends by age alone, and the tokens that the administrator makes need not end with it.
 */
async function callerTokenEnd(ctx: TxContext): Promise<Date | null> {
  if (ctx.actor.kind !== "operator" || ctx.actor.tokenId === null) return null;
  const { root } = await lockLiveToken(ctx.db, ctx.actor.tokenId);
  return root.kind === "api" ? root.expiresAt : null;
}

/** Removes duplicates and sorts; null: everything. */
export function storedScopes(scopes: readonly string[] | undefined): string[] | null {
  return scopes === undefined ? null : [...new Set(scopes)].sort();
}

function earlier(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

/**
 * Revokes an expired token of this name, because the unique index on names knows what was revoked but not what has
 * expired.
 */
async function revokeExpiredNamesake(ctx: TxContext, owner: { name: string; tenantId: string | null }): Promise<void> {
  await ctx.db
    .update(tokens)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(tokens.kind, "api"),
        sql`coalesce(${tokens.tenantId}, '') = ${owner.tenantId ?? ""}`,
        eq(tokens.name, owner.name),
        isNull(tokens.revokedAt),
        lte(tokens.expiresAt, sql`clock_timestamp()`),
      ),
    );
}

function assertWithinOwnScopes({ actor }: ServiceContext, scopes: readonly string[] | null): void {
  const own = actor.kind === "operator" ? (actor.scopes ?? null) : null;
  if (own === null || scopes?.every((scope) => own.includes(scope))) return;
  throw new ForbiddenError(`scopes: your own token has ${own.join(", ")}, and gives no more than that`);
}
