import { and, eq } from "drizzle-orm";
import type { RevokedToken, RevokeTokenInput } from "@/contract/identity";
import { tokens } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { endToken } from "./end";
import { isListed, isOfTenant } from "./token-record";

/**
 * Ends a token and every browser that signed in by it. Other processes, which cache look-ups, notice within a second.
 */
export function revokeToken(ctx: ServiceContext, input: RevokeTokenInput): Promise<RevokedToken> {
  const { tokenId } = input;
  return inTx(ctx, async (ctx) => {
    const [token] = await ctx.db
      .select({ id: tokens.id, name: tokens.name, tenantId: tokens.tenantId })
      .from(tokens)
      .where(and(eq(tokens.id, tokenId), isListed(), isOfTenant(tenantOf(ctx))))
      .for("update");
    if (!token) throw new NotFoundError("token", tokenId);
    const browsers = await endToken(ctx, tokenId);
    await audit(ctx, {
      action: "identity.revokeToken",
      targetKind: "token",
      targetId: tokenId,
      tenantId: token.tenantId,
      details: { name: token.name, browsers, reason: redactMessage(input.reason) },
    });
    return { tokenId, browsers };
  });
}
