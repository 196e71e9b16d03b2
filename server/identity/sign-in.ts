import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Role } from "@/contract/words";
import { tokens } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { UnauthenticatedError } from "@/server/errors";
import type { Authenticator } from "./authenticate";
import { endToken } from "./end";
import { lockLiveToken } from "./lock-live-token";
import { mintOperatorToken, mintPersonToken } from "./mint";
import { hashToken, TOKEN_PREFIX } from "./token";

/**
 * Buys a browser's cookie: with the token of a one-time link, which is spent by it, or with a token that signs its
 * holder in. A link must not carry the latter.
 */
export async function signIn(
  ctx: ServiceContext,
  input: { token: string; isLink?: boolean },
  authenticator: Authenticator,
): Promise<string> {
  if (input.isLink || input.token.startsWith(TOKEN_PREFIX["sign-in"])) return spendLink(ctx, "sign-in", input.token);
  if (input.token.startsWith(TOKEN_PREFIX["device-link"])) return spendLink(ctx, "device-link", input.token);
  const actor = await authenticator.actorOf(input.token);
  if (actor?.kind !== "operator") throw new UnauthenticatedError("this token does not sign anybody in");
  if (actor.scopes) throw new UnauthenticatedError("this token is for programs: its scopes leave out signing in");
  const { name, role, tenantId, tokenId: parentId } = actor;
  return inTx(ctx, async (ctx) => {
    const cookie = await mintOperatorToken(ctx, { name, role, tenantId, parentId });
    const targetId = parentId ?? name;
    await audit({ ...ctx, actor }, { action: "identity.signIn", targetKind: "token", targetId, tenantId });
    return cookie;
  });
}

function spendLink(ctx: ServiceContext, kind: "sign-in" | "device-link", token: string): Promise<string> {
  return inTx(ctx, async (ctx) => {
    const now = sql`clock_timestamp()`;
    const isLink = and(eq(tokens.hash, hashToken(token)), eq(tokens.kind, kind));
    const [made] = await ctx.db.select({ parentId: tokens.parentId }).from(tokens).where(isLink);
    const parentId = made?.parentId ?? null;
    // Its maker's token first, as in revoking, which locks a token and then what it bought.
    if (parentId !== null) await lockLiveToken(ctx.db, parentId);
    const [spent] = await ctx.db
      .update(tokens)
      .set({ usedAt: now })
      .where(
        and(
          isLink,
          isNull(tokens.usedAt),
          isNull(tokens.revokedAt),
          or(isNull(tokens.expiresAt), gt(tokens.expiresAt, now)),
        ),
      )
      .returning({ id: tokens.id, name: tokens.name, role: tokens.role, tenantId: tokens.tenantId });
    if (!spent?.role)
      throw new UnauthenticatedError(
        "this sign-in link was used or has expired: make a new one by `agentrun sign-in`, or sign in with a token",
      );
    const { name, role, tenantId } = spent;
    const cookie = await mintOperatorToken(ctx, { name: name ?? "operator", role, tenantId, parentId });
    await audit(ctx, { action: "identity.signIn", targetKind: "token", targetId: spent.id, tenantId });
    return cookie;
  });
}

export type SignInPersonInput = {
  /** The name in the audit log. */
  name: string;
  role: Role;
  tenantId: string | null;
  /** How long the provider's word is trusted, in milliseconds. */
  lifeMs: number;
  /** The provider, and its own unchanging name for the person. */
  issuer: string;
  subject: string;
};

/** Buys a browser's cookie with a provider's word for a person whom a grant has admitted. */
export function signInPerson(ctx: ServiceContext, input: SignInPersonInput): Promise<string> {
  const { name, role, tenantId, lifeMs, issuer, subject } = input;
  return inTx(ctx, async (ctx) => {
    const { id, token } = await mintPersonToken(ctx, { name, role, tenantId }, lifeMs);
    const actor = { kind: "operator", name, role, tenantId, tokenId: id } as const;
    const details = { by: "sso", issuer, subject, role };
    await audit({ ...ctx, actor }, { action: "identity.signIn", targetKind: "token", targetId: id, tenantId, details });
    return token;
  });
}

/** Ends the browser's cookie for good, in every tab. A token that a program sends stays valid. */
export async function signOut(ctx: ServiceContext, authenticator: Authenticator): Promise<void> {
  if (ctx.actor.kind !== "operator" || ctx.actor.tokenId === null) return;
  const { tokenId } = ctx.actor;
  await inTx(ctx, async (ctx) => {
    // Locked before looking for what it bought, so that a sign-in by it that is under way is found.
    const [cookie] = await ctx.db
      .select({ id: tokens.id })
      .from(tokens)
      .where(and(eq(tokens.id, tokenId), eq(tokens.kind, "operator"), isNull(tokens.revokedAt)))
      .for("update");
    if (!cookie) return;
    await endToken(ctx, tokenId);
    await audit(ctx, { action: "identity.signOut", targetKind: "token", targetId: tokenId });
  });
  authenticator.forget();
}
