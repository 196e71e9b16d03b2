import type { SignInLink } from "@/contract/identity";
import { LINK_FRAGMENT } from "@/contract/words";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { ForbiddenError } from "@/server/errors";
import { lockLiveToken } from "./lock-live-token";
import { mintSignInLinkToken } from "./mint";

/** Long enough to carry the link to another device. */
const LINK_MS = 10 * 60_000;

/**
 * Makes a link that signs one more browser in as the caller, once, within ten minutes. Whoever opens it is asked
 * first: a link from somebody else must not sign its reader in unnoticed. The browser's cookie ends with the token or
 * sign-in that the caller came by. Throws `forbidden` for a token that could not sign a browser in itself: one with
 * scopes, and one that a sign-in made for a program.
 */
export async function createSignInLink(ctx: ServiceContext): Promise<SignInLink> {
  const { actor } = ctx;
  if (actor.kind !== "operator") throw new ForbiddenError("only an operator can sign a browser in");
  if (actor.scopes) throw new ForbiddenError("this token is for programs: its scopes leave out signing in");
  const { name, role, tenantId, tokenId } = actor;
  return inTx(ctx, async (ctx) => {
    if (tokenId !== null) {
      const { token, root } = await lockLiveToken(ctx.db, tokenId);
      if (token.kind === "api" && root.id !== token.id)
        throw new ForbiddenError("this token is somebody's own for a program: it signs no browser in");
    }
    const link = await mintSignInLinkToken(ctx, { name, role, tenantId, parentId: tokenId }, LINK_MS);
    await audit(ctx, { action: "identity.createSignInLink", targetKind: "token", targetId: link.id, tenantId });
    if (link.expiresAt === null) throw new Error("the sign-in link was not stored");
    return {
      // A fragment reaches no server and no log, and no preview of a chat opens the link by it.
      signInUrl: `${ctx.settings.publicUrl}/sign-in#${LINK_FRAGMENT}=${link.token}`,
      expiresAt: link.expiresAt.toISOString(),
    };
  });
}
